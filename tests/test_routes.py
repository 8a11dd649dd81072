"""The HTTP routes, asked as a browser asks them, and as somebody hostile would."""

import asyncio
import json
import random
from concurrent.futures import ThreadPoolExecutor
from math import inf, nan, prod
from urllib.parse import quote, unquote, urlencode

import numpy as np
import pytest
from runs_kit import row_of, taken_in
from starlette.applications import Starlette
from streamlit import config

import ui.routes
from aecore.catalog.runs import change
from aecore.corruptions import corruptions
from aecore.jobs.drive import Driver
from aecore.runs import RunSpec, RunStore, read_status
from aecore.runs.control import claim
from aecore.runs.database import put_metrics
from aecore.runs.store import new_id
from ui.access import catalog
from ui.envelope import pack
from ui.live import MOST_POINTS
from ui.routes import PLOTLY, base, routes

RUN = {"dataset": "digits", "variant": "vae", "latent_dim": 2, "width": 16, "epochs": 5}
ACTIONS = ("pause", "resume", "stop", "learning_rate")


def brief(value):
    """A name for a test, however long its input."""
    return ascii(value)[:20]


class Answer:
    """What came back."""

    def __init__(self, sent):
        self.code = sent[0]["status"]
        self.headers = {k.decode(): v.decode() for k, v in sent[0]["headers"]}
        self.body = b"".join(part.get("body", b"") for part in sent[1:])

    def json(self):
        return json.loads(self.body)


def ask(path, method="GET", body=b"", **headers):
    """One request to the app's own routes, without a server or a client library."""
    sent = []
    path, _, query = path.partition("?")
    scope = {
        "type": "http",
        "method": method,
        "scheme": "http",
        "path": unquote(path),
        "query_string": query.encode(),
        "headers": [(k.replace("_", "-").encode(), v.encode()) for k, v in headers.items()],
    }

    async def receive():
        return {"type": "http.request", "body": body}

    async def send(message):
        sent.append(message)

    # In a thread of its own: where browser tests ran before, this one has a loop already.
    with ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, Starlette(routes=routes())(scope, receive, send)).result()
    return Answer(sent)


def opened(content):
    """Values and arrays of an envelope, read as openEnvelope in shared.js reads them."""
    length = int.from_bytes(content[:4], "little")
    header = json.loads(content[4 : 4 + length])
    arrays = {}
    for name, entry in header["arrays"].items():
        start, dtype = 4 + length + entry["offset"], np.dtype(entry["dtype"]).newbyteorder("<")
        assert start % dtype.itemsize == 0  # JavaScript's typed arrays refuse anything else
        flat = np.frombuffer(content, dtype, prod(entry["shape"]), start)
        arrays[name] = flat.reshape(entry["shape"])
    return header["values"], arrays


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A finished run in a home of its own."""
    run = RunStore(tmp_path_factory.mktemp("home")).create(RunSpec.from_flat(RUN))
    for _ in Driver(run).events():
        pass
    return taken_in(run)


@pytest.fixture
def run(trained, monkeypatch):
    """The finished run, where the routes find it."""
    monkeypatch.setenv("AECORE_HOME", str(trained.folder.parents[1]))
    return trained


@pytest.fixture
def fresh():
    """A run of an own home that nobody works on."""
    return taken_in(RunStore().create(RunSpec.from_flat(RUN)))


def url(run, rest):
    return f"{base()}/runs/{run.id}/{rest}"


def points(curves):
    """{(split, term, step): value}; no point may be there twice."""
    found = [
        ((curve["split"], curve["term"], step), value)
        for curve in curves
        for step, value in zip(curve["steps"], curve["values"], strict=True)
    ]
    assert len(dict(found)) == len(found)
    return dict(found)


def rows_of(run):
    database = run.database()
    try:
        return database.metrics()
    finally:
        database.close()


def write_rows(run, rows):
    database = run.database()
    with database.write() as db:
        put_metrics(db, rows)
    database.close()


def test_live_tells_status_curves_and_snapshots(run):
    told = ask(url(run, "live"))
    assert told.code == 200
    assert told.headers["cache-control"] == "no-store"
    news = told.json()
    status = read_status(run)
    assert (news["status"]["state"], news["status"]["step"]) == ("finished", status.total_steps)
    assert points(news["curves"]) == {row[:3][1:] + row[:1]: row[3] for row in rows_of(run)}
    assert len(news["snapshots"]) == len(list(run.snapshots.glob("step-*.safetensors"))) > 1


def test_since_gives_only_later_rows(run):
    everything = points(ask(url(run, "live")).json()["curves"])
    for since in {0, *(key[2] for key in everything)}:
        later = points(ask(url(run, f"live?since={since}")).json()["curves"])
        assert later == {key: value for key, value in everything.items() if key[2] > since}


def test_a_curve_polled_in_pieces_is_the_whole_curve(run, fresh, monkeypatch):
    rows = rows_of(run)
    steps = sorted({row[0] for row in rows})
    monkeypatch.setenv("AECORE_HOME", str(fresh.folder.parents[1]))
    seen, since = {}, -1
    for begin in range(0, len(steps), 7):
        write_rows(fresh, [row for row in rows if row[0] in steps[begin : begin + 7]])
        for _ in range(2):
            news = points(ask(url(fresh, f"live?since={since}")).json()["curves"])
            assert not news.keys() & seen.keys()
            seen |= news
            since = max((key[2] for key in seen), default=-1)
    assert seen == {(split, term, step): value for step, split, term, value in rows}


def test_what_is_not_finite_becomes_a_gap(fresh):
    write_rows(fresh, [(1, "train", "t", nan), (2, "train", "t", inf), (3, "train", "t", 0.5)])
    answer = ask(url(fresh, "live"))
    assert answer.json()["curves"][0]["values"] == [None, None, 0.5]
    assert b"NaN" not in answer.body
    assert b"Infinity" not in answer.body


def test_a_long_curve_is_thinned_to_what_a_screen_shows_and_keeps_its_end(fresh):
    count = 3 * MOST_POINTS + 1
    write_rows(fresh, [(step, "train", "t", float(step)) for step in range(1, count + 1)])
    (curve,) = ask(url(fresh, "live")).json()["curves"]
    assert MOST_POINTS / 2 < len(curve["steps"]) <= MOST_POINTS + 1
    assert (curve["steps"][0], curve["steps"][-1]) == (1, count)
    assert curve["steps"] == curve["values"]


@pytest.mark.parametrize(
    "since", ["", "nan", "1.5", "1e3", "9" * 30, "9" * 5000, "<b>", "Ā"], ids=brief
)
def test_live_refuses_a_since_that_is_no_step(run, since):
    refused(ask(url(run, f"live?{urlencode({'since': since})}")))


def refused(answer, code=400):
    """One short sentence, and nothing of how the server is made."""
    assert answer.code == code, answer.body[:300]
    assert answer.headers["content-type"] == "application/json"
    assert answer.json().keys() == {"error"}
    sentence = answer.json()["error"]
    assert 10 < len(sentence) < 400
    assert sentence.endswith(".")
    assert not any(word in sentence for word in ("Traceback", "invalid literal", "could not conv"))


def test_fixed_images_and_snapshots_fit_together(run):
    fixed = ask(url(run, "fixed"))
    values, arrays = opened(fixed.body)
    assert (fixed.code, fixed.headers["cache-control"]) == (200, "no-store")
    assert values["classes"] == [str(digit) for digit in range(10)]
    step = ask(url(run, "live")).json()["snapshots"][-1][0]
    answer = ask(url(run, f"snapshots/{step}"))
    told, taken = opened(answer.body)
    assert told == {"step": step}
    assert "immutable" in answer.headers["cache-control"]
    assert taken["reconstructions"].shape == arrays["originals"].shape
    assert taken["reconstructions"].dtype == arrays["originals"].dtype == np.uint8
    assert taken["points"].shape == (len(arrays["sample_labels"]), 2)


@pytest.mark.parametrize(
    "step", ["7654321", "-1", "x", "1.5", "9" * 30, "9" * 5000, "%00", "Ā"], ids=brief
)
def test_a_snapshot_that_is_not_there_is_refused(run, step):
    refused(ask(url(run, f"snapshots/{step}")))


def test_a_run_without_a_first_step_has_no_images_yet(fresh):
    refused(ask(url(fresh, "fixed")))
    refused(ask(url(fresh, "gallery")))


def test_the_gallery_orders_and_measures(run):
    values, worst = opened(ask(url(run, "gallery?order=worst&count=60")).body)
    _, best = opened(ask(url(run, "gallery?order=best&count=60")).body)
    _, first = opened(ask(url(run, "gallery?order=first&count=5")).body)
    assert worst["psnr_out"].tolist() == sorted(worst["psnr_out"].tolist())
    assert best["psnr_out"].tolist() == sorted(best["psnr_out"].tolist(), reverse=True)
    assert worst["psnr_out"][0] < best["psnr_out"][0]
    assert first["rows"].tolist() == [0, 1, 2, 3, 4]
    assert values["compared"] == values["found"] == 359
    clean, made = worst["originals"].astype(float), worst["outputs"].astype(float)
    assert (worst["originals"] == worst["inputs"]).all()
    # The signed error in units of 1/127 must be that of the pictures beside it.
    assert np.abs(worst["errors"] / 127 - (made - clean) / 255).max() < 1 / 127
    psnr = -10 * np.log10((((made - clean) / 255) ** 2).mean((1, 2, 3)))
    assert np.abs(psnr - worst["psnr_out"]).max() < 0.3


def test_the_gallery_shows_one_class_only_when_asked(run):
    values, arrays = opened(ask(url(run, "gallery?label=3&count=60")).body)
    assert set(arrays["labels"].tolist()) == {3}
    assert values["found"] == len(arrays["labels"]) < values["compared"]
    values, arrays = opened(ask(url(run, "gallery?label=77")).body)
    assert (values["found"], len(arrays["labels"])) == (0, 0)


def test_the_gallery_damages_as_asked_and_the_same_twice(run):
    ask_for = "gallery?corruption=masking&level=0.5&seed=3&order=first"
    one, two = ask(url(run, ask_for)), ask(url(run, ask_for))
    other = ask(url(run, ask_for.replace("seed=3", "seed=4")))
    assert one.body == two.body != other.body
    _, arrays = opened(one.body)
    lit = arrays["originals"] > 0
    assert 0.3 < (arrays["inputs"][lit] == 0).mean() < 0.7


def test_a_gallery_that_did_not_change_is_not_sent_again(run):
    first = ask(url(run, "gallery"))
    again = ask(url(run, "gallery"), if_none_match=first.headers["etag"])
    assert (again.code, again.body) == (304, b"")
    assert ask(url(run, "gallery?order=best"), if_none_match=first.headers["etag"]).code == 200


def hostile_views(count):
    """Views that a form never asks for, the same ones every time."""
    draw = random.Random(20)
    numbers = ["", "nan", "inf", "-inf", "1e999", "-1", "0", "1", "2", "0.5", "9" * 30, "9" * 5000,
               "0x10", "1_0", "१२", "--1", "None", "[]", "1e3", " 3 ", "\x00", "<b>"]  # fmt: skip
    names = [
        *corruptions,
        "",
        "None",
        "GAUSSIAN",
        "../none",
        "<script>",
        "x" * 3000,
        "日本",
        "\x00",
    ]
    orders = ["worst", "best", "first", "", "random", "WORST", "<i>", "y" * 3000]
    kinds = {"corruption": names, "level": numbers, "seed": numbers, "order": orders,
             "label": numbers, "count": numbers, "unknown": numbers}  # fmt: skip
    for _ in range(count):
        chosen = draw.sample(sorted(kinds), draw.randint(1, 4))
        yield {name: draw.choice(kinds[name]) for name in chosen}


def test_no_view_of_the_gallery_breaks_the_server(run):
    codes = set()
    for view in hostile_views(300):
        answer = ask(url(run, f"gallery?{urlencode(view)}"))
        codes.add(answer.code)
        if answer.code == 200:
            assert opened(answer.body)[0]["compared"] == 359, view
        else:
            refused(answer)
    assert codes == {200, 400}


@pytest.mark.parametrize("rest", ["live", "fixed", "snapshots/1", "gallery"])
@pytest.mark.parametrize(
    "name",
    ["..", "%2e%2e%2f", "..%2f..%2fetc%2fpasswd", "%00", "x" * 1_000_000, "日本", "%ff", " ",
     "<script>", "new", "O0" * 10],
    ids=brief,
)  # fmt: skip
def test_a_hostile_name_of_a_run_looks_like_an_unknown_one(run, name, rest):
    unknown = ask(f"{base()}/runs/{new_id()}/{rest}")
    refused(unknown, 404)
    answer = ask(f"{base()}/runs/{quote(name, safe='%')}/{rest}")
    assert (answer.code, answer.body) == (404, unknown.body)


def test_a_run_in_another_home_looks_like_an_unknown_one(trained):
    unknown = ask(f"{base()}/runs/{new_id()}/live")
    answer = ask(url(trained, "live"))
    assert (answer.code, answer.body) == (404, unknown.body)


def test_an_address_below_ours_never_reaches_streamlits_page(run):
    for path in ("", "/", "/x", f"/runs/{run.id}", f"/runs/{run.id}/", f"/runs/{run.id}/live/x"):
        refused(ask(f"{base()}/{path.lstrip('/')}"), 404)


def test_a_damaged_run_is_told_in_a_sentence(fresh):
    (fresh.folder / "metrics.db").write_bytes(b"not a database" * 100)
    refused(ask(url(fresh, "live")), 503)
    (fresh.folder / "spec.json").write_bytes(b"{}")
    assert ask(url(fresh, "live")).code in (400, 503)


def test_a_bug_in_a_route_is_one_sentence_and_a_line_in_the_log(run, monkeypatch, caplog):
    def broken(*_):
        raise ZeroDivisionError("secret")

    monkeypatch.setattr(ui.routes, "live", broken)
    answer = ask(url(run, "live"))
    refused(answer, 500)
    assert b"secret" not in answer.body
    assert "secret" in caplog.text


def send(run, body, **headers):
    """A command as the app's own page sends it."""
    usual = {"host": "lab.example", "origin": "http://lab.example"}
    typed = {"content_type": "application/json"}
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return ask(url(run, "commands"), "POST", content, **{**usual, **typed, **headers})


def commands_of(run):
    database = run.database()
    try:
        return [row[1:] for row in database.commands(0)]
    finally:
        database.close()


def running(run):
    """Make a run look as if this very process trained it."""
    database = run.database()
    assert claim(database)
    database.set_status({"state": "running"})
    database.close()
    change(catalog(), row_of(run), state="running")


def test_commands_reach_the_worker(fresh):
    running(fresh)
    assert send(fresh, {"action": "learning_rate", "value": 0.01}).json() == {"ok": True}
    assert send(fresh, {"action": "pause"}).code == 200
    assert send(fresh, {"action": "stop"}).code == 200
    assert commands_of(fresh) == [("learning_rate", 0.01), ("pause", None), ("stop", None)]


def test_a_run_that_waits_leaves_the_queue_and_comes_back(fresh):
    for action, state in (("stop", "stopped"), ("resume", "queued"), ("pause", "paused")):
        assert send(fresh, {"action": action}).code == 200
        assert row_of(fresh).state == read_status(fresh).state == state
    assert commands_of(fresh) == []


@pytest.mark.parametrize("action", ACTIONS)
def test_a_command_twice_is_harmless(run, action):
    before = read_status(run)
    for _ in range(2):
        assert send(run, {"action": action, "value": 0.01}).code == 200
    assert read_status(run) == before
    assert commands_of(run) == []


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "http://evil.example"},
        {"origin": "null"},
        {"origin": ""},
        {"origin": "http://["},
        {"origin": "http://lab.example.evil.example"},
        {"content_type": "text/plain"},
        {"content_type": "application/x-www-form-urlencoded"},
        {"content_type": "application/jsonish"},
        {"content_type": ""},
    ],
)
def test_another_site_commands_nothing(fresh, headers):
    running(fresh)
    refused(send(fresh, {"action": "stop"}, **headers), 403)
    assert commands_of(fresh) == []


@pytest.mark.parametrize(
    "body",
    [
        b"", b"{", b"\xff\xfe", b"[" * 3000, b'{"action": "pause"} x', b" " * 10**6,
        None, 3, "pause", ["pause"], {}, {"action": None}, {"action": ["pause"]}, {"action": 1},
        {"action": "explode"}, {"action": "PAUSE"}, {"action": "x" * 10**6},
        {"action": "learning_rate"},
        *({"action": "learning_rate", "value": value} for value in
          (nan, inf, -inf, -0.1, 0, 1e-9, 11, 1e300, 10**300, None, "", "fast", "0.01",
           True, [1], {})),
    ],
    ids=brief,
)  # fmt: skip
def test_a_command_that_makes_no_sense_is_refused(fresh, body):
    running(fresh)
    refused(send(fresh, body))
    assert commands_of(fresh) == []


def test_a_command_to_a_hostile_name_looks_like_one_to_an_unknown_run(fresh):
    kind = {"content_type": "application/json"}
    for name in ("..", "%2e%2e%2f", "x" * 10**6, "%00", new_id()):
        path = f"{base()}/runs/{name}/commands"
        refused(ask(path, "POST", b'{"action": "stop"}', **kind), 404)


def test_commands_are_not_obeyed_from_a_link(fresh):
    refused(ask(url(fresh, "commands?action=stop")), 404)
    assert read_status(fresh).state == "queued"


def test_the_chart_library_comes_from_here_and_is_kept_for_good():
    answer = ask(f"{base()}/{PLOTLY}")
    assert answer.code == 200
    assert answer.headers["content-type"].startswith("text/javascript")
    assert "immutable" in answer.headers["cache-control"]
    assert len(answer.body) > 10**6


@pytest.mark.parametrize("path", ["lab", "/ae/lab/"])
def test_routes_stand_below_the_servers_base_path(run, path):
    plain = base()
    config.set_option("server.baseUrlPath", path)
    try:
        assert base() == f"/{path.strip('/')}/api"
        assert ask(url(run, "live")).code == 200
    finally:
        config.set_option("server.baseUrlPath", "")
    assert plain == base() == "/api"


def test_an_envelope_comes_back_as_it_was_packed():
    draw = np.random.default_rng(0)
    arrays = {
        "bytes": draw.integers(0, 256, (3, 1, 5, 7)).astype(np.uint8),
        "signed": draw.integers(-128, 128, 11).astype(np.int8),
        "none": np.zeros((0, 4), np.float32),
        "floats": draw.normal(size=(5, 2)).astype(np.float32),
        "doubles": draw.normal(size=3),
        "longs": np.arange(-2, 3),
        "turned": np.arange(12, dtype=np.float32).reshape(3, 4).T,
    }
    given = {"name": "Ärmel \u2028 <b>", "list": [1, None]}
    values, found = opened(pack(given, arrays))
    assert values == given
    assert found.keys() == arrays.keys()
    for name, array in arrays.items():
        assert found[name].shape == array.shape
        assert np.array_equal(found[name], array.astype(found[name].dtype)), name
    sent = {name: array.dtype.name for name, array in found.items()}
    assert sent["doubles"] == "float32"
    assert sent["longs"] == "int32"
    assert set(sent.values()) <= {"uint8", "int8", "int32", "float32"}
