"""Links, addresses and names that somebody made up to see what breaks: nothing does."""

import random
import re
from urllib.parse import quote, urlencode

import pytest
from pages_kit import ANNA, BEN, become, engine, row, waiting
from runs_kit import is_sentence
from test_pages import PAGES, visit
from test_routes import ask

from aecore.catalog.people import Person
from aecore.catalog.shares import make_share
from aecore.runs import CHOICES
from aecore.runs.spec import all_knobs
from ui.access import catalog
from ui.identity import personal_token
from ui.routes import base, routes
from ui.selection import OTHERS, RUN

__all__ = ["become", "engine"]
NAMES = (RUN, *CHOICES, *OTHERS, *sorted({knob.name for _, knob in all_knobs(CHOICES)}))
ODD_NAMES = (
    "",
    "__class__",
    "self",
    "a" * 5000,
    "日本",
    "<script>",
    "run[]",
    "embed",
    "\x00",
    "..",
)
VALUES = (
    "", "0", "-1", "3", "0.5", "nan", "inf", "1e400", "-1e400", "9" * 5000, "0x10", "1_0", "१२",
    "²",
    "../../etc/passwd", "..\\..\\windows", "/etc/passwd", "file:///etc/passwd", "%2e%2e%2f", "\x00",
    "\x00\x01\x1f\x7f", "\u202e\u2066\ufeff", "e\u0301" * 400, "\U0001f9ff" * 50, "\ufffd\uffff",
    "' OR 1=1 --", "'; DROP TABLE run; --", "1) UNION SELECT 1", "%' ESCAPE '\\", "_%_%",
    "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "javascript:alert(1)",
    "![x](http://e.example/x.png)", "[x](javascript:alert(1))", "$\\href{javascript:x}{y}$",
    "[]", "[1, 2]", "{}", '{"a": 1}', "1,2,3", "None", "true", "1:0.1,2:nan", "x" * 1_000_000,
    "digits", "vae", "conv", "gaussian", "worst", "{0.__class__}", "%s%n", "${HOME}", "`id`",
)  # fmt: skip
CODES = {200, 304, 400, 403, 404, 413}
PAYLOADS = (
    "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "<svg onload=alert(1)>",
    "<a href=javascript:alert(1)>x</a>", "<iframe src=//e.example>", "<b>x</b>", "</textarea><i>",
    "<style>*{display:none}</style>", "![x](http://e.example/x.png)", "[x](http://e.example)",
    "[x](javascript:alert(1))", "<http://e.example>", "`code`", "# Heading", "$\\frac{1}{2}$",
    "$$\\href{javascript:alert(1)}{x}$$", ":red[x]", ":material/delete:", "***x***", "~~x~~ | y",
)  # fmt: skip
MARKDOWN = ("title", "subheader", "markdown", "caption", "info", "warning", "error")
LABELLED = ("button", "expander", "popover", "page_link", "download_button")


def hostile_links(count, more):
    """Links of one to eight parts, a few with hundreds; the same ones every time.

    more: values that mean something here, such as the id of somebody else's run.
    """
    draw = random.Random(3)
    values = [*VALUES, *more * 4]
    for index in range(count):
        if index % 100 == 99:
            yield {f"name{i}": draw.choice(VALUES[:20]) for i in range(400)}
            continue
        names = draw.sample([*NAMES, *OTHERS, *ODD_NAMES], draw.randint(1, 8))
        yield {name: draw.choice(values) for name in names}


@pytest.fixture
def meaningful(become):
    """Values that mean something to who visits: ids and tokens of theirs and of others."""
    become(ANNA)
    own, others = waiting(ANNA), waiting(BEN)
    ben = Person(BEN, "member")
    token = make_share(catalog(), ben, row(waiting(BEN)))
    return [own.id, others.id, others.id.upper(), token, token[:-1], personal_token(ben)]


def test_no_link_breaks_any_page(meaningful):
    tabs, told = {}, 0
    for index, link in enumerate(hostile_links(600, meaningful)):
        turn, page = index // len(PAGES), PAGES[index % len(PAGES)]
        at = tabs[page] = visit(page, link, tabs.get(page) if turn % 5 else None)
        for message in (*at.error, *at.warning):
            told += 1
            assert is_sentence(message.value), (page.stem, message.value[:300])
        assert at.title[0].value
    assert told > 100


def test_no_address_breaks_a_route(meaningful):
    draw = random.Random(4)
    parts = [*VALUES, *meaningful * 4]
    asked = ("since", "order", "level", "seed", "label", "count", "corruption", "step")
    paths = [route.path.replace(":path", "") for route in routes()]
    codes = {}
    for _ in range(500):
        path = draw.choice(paths)
        for name in re.findall(r"{\w+}", path):
            path = path.replace(name, quote(draw.choice(parts), safe=draw.choice(("", "/%"))))
        query = urlencode({draw.choice(asked): draw.choice(parts) for _ in range(3)})
        answer = ask(f"{path}?{query}", draw.choice(("GET", "GET", "HEAD")))
        codes.setdefault(answer.code, []).append(path)
        if answer.headers["content-type"] == "application/json" and answer.code != 200:
            assert not answer.body or is_sentence(answer.json()["error"]), answer.body
    assert codes.keys() <= CODES, codes.keys() - CODES
    assert codes.keys() >= {200, 400, 404}


@pytest.mark.parametrize("value", VALUES, ids=lambda value: ascii(value)[:20])
def test_no_command_breaks_its_route(meaningful, value):
    for body in (value, f'{{"action": {value}}}', f'{{"action": "stop", "value": {value}}}'):
        answer = ask(
            f"{base()}/runs/{meaningful[0]}/commands",
            "POST",
            body.encode(),
            content_type="application/json",
            host="lab.example",
        )
        assert answer.code in CODES
        assert answer.code == 200 or is_sentence(answer.json()["error"])


def active_markdown(text):
    """What of a text is not escaped and would do something; our own words have bold and links."""
    bare = re.sub(r"\\.", "", text.replace("\\\\", ""))
    return re.findall(r"[<\[\]`$~|#]|:\w+", bare)


def texts(at):
    """Every text of a page that the browser reads as Markdown."""
    yield from (str(element.value) for kind in MARKDOWN for element in at.get(kind))
    for kind in LABELLED:
        yield from (str(getattr(element, "label", "")) for element in at.get(kind))
        yield from (str(getattr(element.proto, "label", "")) for element in at.get(kind))


@pytest.mark.parametrize("payload", PAYLOADS)
def test_a_name_a_tag_and_a_note_show_and_do_nothing(become, payload):
    become(ANNA)
    named = f"zq7 {payload}"
    run = waiting(ANNA, name=named, note=named, tags=(named,))
    shown = 0
    for page in PAGES:
        at = visit(page, {RUN: run.id})
        for text in texts(at):
            if "zq7" in text:
                shown += 1
                assert active_markdown(text.split("zq7", 1)[1]) == [], (page.stem, text)
    assert shown >= 2
