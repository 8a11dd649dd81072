"""Pages as different people of a server see them; nothing is started."""

import json

import pytest
from test_pages import engine, sound, visit  # noqa: F401  whoever imports `engine` gets its setting

import ui.identity
import ui.space
from aecore.catalog.people import LAPTOP, OWNER, Person
from aecore.catalog.rows import RunRow
from aecore.catalog.runs import change, get
from aecore.catalog.submit import submit
from aecore.runs import Run, RunSpec
from aecore.runs.about import About
from ui.access import catalog

ANNA, BEN = "b" + "a" * 32, "b" + "b" * 32
SMALL = {"dataset": "digits", "variant": "vae", "width": "16", "latent_dim": "2", "epochs": "2"}


@pytest.fixture
def become(monkeypatch):
    """Makes the app a server, and whoever opens pages from now on the person of this browser."""
    monkeypatch.setenv("AECORE_MODE", "server")

    def become(browser):
        monkeypatch.setattr(ui.identity, "browser_of", lambda cookies: browser)
        monkeypatch.setattr(ui.space, "browser_of", lambda cookies: browser)

    return become


def waiting(who: str = OWNER, name: str = "", note: str = "", tags=(), **flat) -> Run:
    """A run of somebody that waits in the queue."""
    about = About(name=name, note=note, tags=tags)
    spec = RunSpec.from_flat({**SMALL, **flat})
    return submit(catalog(), Person(who, "member"), spec, LAPTOP, about=about)


def in_state(made: Run, state: str, **values) -> Run:
    """The same run, as if the supervisor had put it into another state."""
    assert change(catalog(), row(made), state=state, **values)
    return made


def row(made: Run) -> RunRow:
    """What the catalogue says of a run."""
    found = get(catalog(), made.id)
    assert found is not None
    return found


def shown(at) -> str:
    """All words on a page, labels of its buttons and links included."""
    kinds = ("title", "subheader", "markdown", "caption", "info", "warning", "error", "code")
    words = [element.value for kind in kinds for element in at.get(kind)]
    words += [button.label for button in at.button]
    words += [link.proto.label for link in at.get("page_link")]
    words += [menu.proto.popover.label for menu in at.get("popover")]
    words += [element.proto.text for element in at.get("progress")]
    return "\n".join(str(word) for word in words)


def charts(at) -> list[dict]:
    """The Plotly figures on a page, as the browser is told to draw them."""
    parts = [part.proto for part in at.get("bidi_component")]
    told = [json.loads(part.json) for part in parts if part.component_name.endswith("ael_chart")]
    assert all(len(each["alt"]) > 10 and each["figure"]["layout"]["height"] for each in told)
    return [each["figure"] for each in told]


def press(at, key: str):
    """A page after a press of the button of this key."""
    return sound(at.button(key=key).click().run())


def write(at, key: str, text: str):
    """A page after text was put into the field of this key."""
    field = at.text_area if key.endswith("note") else at.text_input
    return sound(field(key=key).set_value(text).run())


def link(at) -> dict[str, str]:
    """The page's link, as it reads in the address bar."""
    values = at.query_params.items()
    return {name: given if isinstance(given, str) else given[0] for name, given in values}
