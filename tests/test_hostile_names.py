"""Names that strangers chose stand on pages, in charts and in files as text and nothing more."""

import re

import pytest
from google.protobuf.json_format import MessageToDict
from hostile_names import NAMES
from own_kit import make_table
from pages_kit import charts
from runs_kit import finished, taken_in
from test_own_pages import PAGE, seen
from test_pages import TRAIN, engine, visit  # noqa: F401  the fixture holds for pages here

from aecore.catalog.runs import change
from ui.access import catalog
from ui.figures import bars_of_classes, chart_text
from ui.selection import RUN
from ui.words import JOINER, plain

PAGES = ("home", "train", "latent", "reconstruct", "compare", "detect", "features", "runs",
         "queue", "compress", "denoise")  # fmt: skip
AS_IT_IS = ("options", "alt", "rawValues", "stringValue", "stringValues", "value", "default",
            "rawValue", "choices", "json", "mixedData")  # fmt: skip
"""Fields that Streamlit shows as plain text, and what our components get, who do the same."""

MARKED = [name for name in NAMES if plain(name) != name]
"""Those that Markdown would make more of."""


@pytest.fixture(scope="module")
def hostile(tmp_path_factory):
    """A run whose data set, classes and columns all have hostile names, and that has one itself."""
    home = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AECORE_HOME", str(home))
        name = make_table(NAMES[0], NAMES, NAMES[:6], count=300)
        flat = {"dataset": name, "variant": "autoencoder", "network": "mlp", "leave_out": 3}
        run = taken_in(finished(**flat, width=16, latent_dim=2, epochs=1))
        change(catalog(), row_of(run), name=NAMES[1], note=NAMES[3])
    return run


def row_of(run):
    from runs_kit import row_of as found

    return found(run)


@pytest.fixture
def run(hostile, monkeypatch):
    monkeypatch.setenv("AECORE_HOME", str(hostile.folder.parents[1]))
    return hostile


def texts(values, field=""):
    """Every text of a message with the name of its field."""
    if isinstance(values, dict):
        for name, value in values.items():
            yield from texts(value, name)
    elif isinstance(values, list):
        for value in values:
            yield from texts(value, field)
    elif isinstance(values, str):
        yield field, values


def words(at):
    """Every text of a page with the name of its field, cells of tables included."""
    for element in at._tree:
        message = getattr(element, "proto", None)
        if message is not None:
            yield from texts(MessageToDict(message))
    for table in at.get("arrow_table") + at.get("table"):
        yield from (("cell", str(cell)) for row in table.value.to_numpy() for cell in row)


@pytest.mark.parametrize("page", PAGES)
def test_no_text_that_is_markdown_has_a_name_as_it_is(page, run):
    at = (
        seen(page, run) if page not in ("compress", "denoise") else visit(PAGE[page], {RUN: run.id})
    )
    links = [{}]
    if page == "latent":
        links = [{"lab": view} for view in ("sliders", "traversal", "between", "groups", "draws")]
    if page == "train":
        links = [{}, None]
    found = 0
    for link in links:
        asked = {"dataset": run.spec.dataset} if link is None else {RUN: run.id, **link}
        at = visit(PAGE[page], asked)
        for field, text in words(at):
            if field not in AS_IT_IS:
                assert not any(name in text for name in MARKED), (field, text)
                found += JOINER in text or "\\<" in text
    assert found or page in ("home", "queue")  # which have none of them


def test_plain_leaves_nothing_to_markdown():
    for name in NAMES:
        text = plain(name)
        assert text.replace("\\", "").replace(JOINER, "") == name.replace("\\", "")
        assert not re.search(r"(?<!\\)[`*_\[\]<>#!|~$:&]", text)
        assert not re.search(r"https?:(?=//)|www(?=\.)|[-+.\w](?=@)", text.replace("\\", ""))


def test_charts_show_names_as_they_are():
    figure = bars_of_classes(NAMES, [1.0] * 20, [0.1] * 20).to_plotly_json()
    (bars,) = chart_text([trace.to_plotly_json() for trace in [*bars_of_classes(
        NAMES, [1.0] * 20, [0.1] * 20).data]])  # fmt: skip
    assert not any("<" in name for name in bars["x"])
    assert bars["x"][0] == "&lt;img src=x onerror=alert(1)&gt;"
    assert bars["hovertemplate"].endswith("<extra></extra>")
    assert figure["data"][0]["x"][0] == NAMES[0]


def test_every_chart_of_a_page_has_them_so(run):
    for page in ("latent", "reconstruct"):
        for figure in charts(seen(page, run)):
            written = [text for _, text in texts(figure)]
            assert not any("<" in text.replace("<extra></extra>", "") for text in written)
