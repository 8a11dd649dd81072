"""Who may do what to which run: one table, asked of `may`, of `see`, of every route and page."""

import base64
import json
import re
import shutil
import time

import pytest
from runs_kit import finished
from sqlalchemy import update
from streamlit.testing.v1 import AppTest
from supervisor_kit import ROOMY
from test_pages import FRAME, PAGES, engine, sound  # noqa: F401  the fixture holds for pages here
from test_routes import ask

import ui.access
import ui.routes
from aecore.catalog import access
from aecore.catalog.access import ACTIONS
from aecore.catalog.people import make_admin
from aecore.catalog.runs import add
from aecore.catalog.shares import make_share, open_share, revoke, shares_of
from aecore.catalog.tables import person, run, share
from aecore.errors import UnknownName
from aecore.runs import RunStore
from aecore.runs.about import About
from aecore.runs.store import new_id
from ui.access import catalog, see
from ui.cookies import COOKIE, browser_of, new_cookie
from ui.identity import THE_OWNER, whoever
from ui.recent import recent
from ui.routes import PLOTLY, base, routes

WORDS = {
    "-": set(),
    "look": {"view", "duplicate"},
    "mind": {"view", "control", "delete"},
    "all": set(ACTIONS) - {"restore"},
    "back": {"restore"},
}
TABLE = """
who            alice's  demo       in the trash  demo in the trash  their own  own in the trash
nobody         -        look       -             -                  -          -
alice          all      look       back          -                  all        back
another        -        look       -             -                  all        back
admin          mind     look,mind  -             -                  all        back
no more admin  -        look       -             -                  all        back
with link      look     look       -             -                  all        back
link revoked   -        look       -             -                  all        back
link expired   -        look       -             -                  all        back
the owner      all      all        back          back               all        back
"""
"""The whole of it. `the owner` is whoever sits at a laptop; the others come to a server."""


HEAD, *LINES = (re.split(r"  +", line) for line in TABLE.strip().splitlines())
RUNS = tuple(HEAD[1:])
MAY = {
    (who, which): set().union(*(WORDS[word] for word in cell.split(",")))
    for who, *cells in LINES
    for which, cell in zip(RUNS, cells, strict=True)
}
PEOPLE = tuple(who for who, *_ in LINES)
BY_LINK = ("with link", "link revoked", "link expired")

READ = ("GET", "HEAD")
ROUTES = {
    (f"/{PLOTLY}", READ): None,
    ("/runs/{run}/live", READ): "view",
    ("/runs/{run}/fixed", READ): "view",
    ("/runs/{run}/snapshots/{step}", READ): "view",
    ("/runs/{run}/gallery", READ): "view",
    ("/runs/{run}/held-out", READ): "view",
    ("/runs/{run}/pictures", READ): "view",
    ("/runs/{run}/thumbnails", READ): "view",
    ("/runs/{run}/column", READ): "view",
    ("/runs/{run}/near", READ): "view",
    ("/runs/{run}/points", READ): "view",
    ("/runs/{run}/sheet", READ): "view",
    ("/runs/{run}/map", READ): "view",
    ("/runs/{run}/trust", READ): "view",
    ("/runs/{run}/spot", READ): "view",
    ("/runs/{run}/plane", READ): "view",
    ("/runs/{run}/spread", READ): "view",
    ("/runs/{run}/map/cancel", ("POST",)): "view",
    ("/runs/{run}/axes", READ): "view",
    ("/runs/{run}/decoded", READ): "view",
    ("/runs/{run}/own", ("POST",)): "view",
    ("/runs/{run}/brush", ("POST",)): "view",
    ("/runs/{run}/commands", ("POST",)): "control",
    ("/{rest:path}", (*READ, "POST")): None,
}
"""What each route asks for; None for those that are about no run."""
ABOUT_RUNS = {path: action for (path, _), action in ROUTES.items() if action}
WRITING = {path for path, methods in ROUTES if methods == ("POST",)}
ASKED = {"thumbnails": "?rows=0", "near": "?point=0", "column": "?name=brightness"}
"""What a route needs to be told, by its last word."""
NOT_DRAWN = {
    "spot": "?x=0&y=0", "spread": "", "points": "", "sheet": "",
    "plane": "?x=0&y=0&across_x=1&across_y=0&down_x=0&down_y=1&columns=1&rows=1",
}  # fmt: skip
"""Routes that refuse whoever may see these runs, with 400: their maps are not drawn, their errors
not measured, and their samples are no points."""
BLACK = base64.b64encode(bytes(64)).decode()
BODY = json.dumps(
    {"action": "stop", "maps": [], "image": BLACK, "number": 0, "touched": BLACK}
).encode()
"""What every route that reads a body can make something of: a command, and an image of digits."""
METHODS = ("GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS")
COMMANDS = ("pause", "resume", "stop", "restart", "learning_rate", "view", "", "nonsense")


class World:
    """A home with the people of the table, their cookies and the runs."""

    def __init__(self, root):
        self.root = root
        self.cookies = {who: new_cookie(secure=False).split(";")[0] for who in PEOPLE[1:-1]}
        self.runs = {}
        trained = finished(epochs="1")
        for owner in PEOPLE[1:]:
            self.make(trained, owner, (owner, "their own"))
            self.make(trained, owner, (owner, "own in the trash"), deleted=time.time())
        for which in RUNS[:4]:
            gone = time.time() if "trash" in which else None
            owner = "the owner" if "demo" in which else "alice"
            self.make(trained, owner, which, deleted=gone, demo="demo" in which)
        shutil.rmtree(trained.folder)
        make_admin(catalog(), self.id_of("admin"))
        make_admin(catalog(), self.id_of("no more admin"))
        with catalog().write() as db:
            was = person.c.id == self.id_of("no more admin")
            db.execute(update(person).where(was).values(admin_until=time.time() - 1))
        for which in RUNS[:4]:
            self.share(self.runs[which])

    def id_of(self, who):
        if who == "the owner":
            return THE_OWNER.id
        return browser_of({COOKIE: self.cookies[who].removeprefix(f"{COOKIE}=")})

    def make(self, trained, owner, key, deleted=None, demo=False):
        secret = f"Secret {len(self.runs)}"
        about = About(name=secret, note=secret, tags=(secret,), owner=self.id_of(owner), demo=demo)
        made = RunStore().create(trained.spec, about=about)
        for part in ("metrics.db", "snapshots", "checkpoints"):
            source, target = trained.folder / part, made.folder / part
            shutil.copytree(source, target, dirs_exist_ok=True) if source.is_dir() else (
                shutil.copy(source, target)
            )
        with catalog().write() as db:
            add(db, made, self.id_of(owner), about, state="finished", deleted=deleted)
        self.runs[key] = made.id

    def share(self, run_id):
        """One link for each who came by one; made while the run was not in the trash."""
        row = self.row(run_id)
        set_run(run_id, deleted=None)
        for who in BY_LINK:
            open_share(catalog(), self.person(who), make_share(catalog(), THE_OWNER, row))
            (latest, *_) = shares_of(catalog(), row)
            if who == "link revoked":
                revoke(catalog(), THE_OWNER, row, latest.id)
            if who == "link expired":
                with catalog().write() as db:
                    over = {"expires": time.time() - 1}
                    db.execute(update(share).where(share.c.id == latest.id).values(**over))
        set_run(run_id, deleted=row.deleted)

    def row(self, run_id):
        with catalog().read() as db:
            return access.row_of(db.execute(access.chosen().where(run.c.id == run_id)).one())

    def run_of(self, who, which):
        """The id of a column's run; None where nobody can have one."""
        return self.runs.get(which) or self.runs.get((who, which))

    def person(self, who):
        """Who that is, found as for a request."""
        name, _, value = self.cookies.get(who, "").partition("=")
        return whoever(catalog(), {name: value})

    def cells(self, who):
        """(run's id, what they may do to it) for each column."""
        for which in RUNS:
            if self.run_of(who, which):
                yield self.run_of(who, which), MAY[who, which]


def set_run(run_id, **values):
    with catalog().write() as db:
        db.execute(update(run).where(run.c.id == run_id).values(**values))


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AECORE_HOME", str(tmp_path_factory.mktemp("home")))
        patch.setenv("AECORE_MODE", "server")
        return World(ui.access.home())


@pytest.fixture
def world(built, monkeypatch):
    """The people and runs, on a server; `at_laptop` makes it a laptop."""
    monkeypatch.setenv("AECORE_HOME", str(built.root))
    monkeypatch.setenv("AECORE_MODE", "server")
    return built


@pytest.fixture
def at(request, world, monkeypatch):
    """Somebody of the table, with the mode in which they come."""
    monkeypatch.setenv("AECORE_MODE", "laptop" if request.param == "the owner" else "server")
    return request.param


everybody = pytest.mark.parametrize("at", PEOPLE, indirect=True)


def test_the_table_names_every_action():
    assert set().union(*WORDS.values()) == set(ACTIONS)


@everybody
def test_may_and_see_follow_the_table(world, at):
    who = world.person(at)
    for run_id, allowed in world.cells(at):
        row = world.row(run_id)
        for action in ACTIONS:
            linked = at == "with link"
            assert access.may(who, action, row, linked=linked) == (action in allowed), action
            if action in allowed:
                assert see(who, run_id, action).row == row
                continue
            unknown = new_id()
            with pytest.raises(UnknownName) as refused:
                see(who, run_id, action)
            with pytest.raises(UnknownName) as nowhere:
                see(who, unknown, action)
            assert str(refused.value).replace(run_id, unknown) == str(nowhere.value)


@everybody
def test_lists_hold_nothing_but_ones_own_and_the_demonstration(world, at, monkeypatch):
    monkeypatch.setattr(ui.access, "visitor", lambda: world.person(at))
    monkeypatch.setattr("ui.recent.visitor", lambda: world.person(at))
    mine = {world.id_of(at)} if at != "nobody" else set()
    listed = recent(1000)
    assert {row.owner for row in listed if not row.demo} == mine
    assert {row.id for row in listed if row.demo} == {world.runs["demo"]}
    assert all(row.deleted is None for row in listed)


def test_every_route_is_in_the_table():
    found = {(route.path, frozenset(route.methods)) for route in routes()}
    assert found == {(base() + path, frozenset(methods)) for path, methods in ROUTES}


def request(world, who, path, run_id, method="GET", body=b""):
    """A route asked by somebody, with their cookie and nothing else that names them."""
    address = base() + path.format(run=run_id, step=1)
    address += {**ASKED, **NOT_DRAWN}.get(path.split("/")[-1], "")
    named = {"cookie": world.cookies[who]} if who in world.cookies else {}
    usual = {"host": "lab.example", "origin": "http://lab.example"}
    return ask(address, method, body, content_type="application/json", **usual, **named)


def same(answer, other):
    return (answer.code, answer.body, answer.headers) == (other.code, other.body, other.headers)


@pytest.fixture(autouse=True)
def nobody_draws(monkeypatch):
    """A map may be asked for; no process is started."""
    monkeypatch.setattr("ui.maps.ensure_mapper", lambda root: False)


@pytest.fixture
def obeyed(monkeypatch):
    """Commands that were let through; nothing is done."""
    done = []
    monkeypatch.setattr(ui.routes, "obey", lambda seen, action, value: done.append(seen.row.id))
    return done


@everybody
@pytest.mark.parametrize("path", ABOUT_RUNS)
def test_every_route_follows_the_table(world, at, path, obeyed):
    unknown = {m: request(world, at, path, new_id(), m, BODY) for m in METHODS}
    right = "POST" if path in WRITING else "GET"
    assert unknown[right].code == 404
    for run_id, allowed in world.cells(at):
        for method in METHODS:
            answer = request(world, at, path, run_id, method, BODY)
            known = ABOUT_RUNS[path] in allowed and method in (right, right.replace("GET", "HEAD"))
            assert same(answer, unknown[method]) != known, (run_id, method)
            assert not known or answer.code == (400 if path.split("/")[-1] in NOT_DRAWN else 200)
        assert obeyed == (
            [run_id] if ABOUT_RUNS[path] == "control" and "control" in allowed else []
        )
        obeyed.clear()


@everybody
@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_needs_the_right_to_control(world, at, command, obeyed):
    body = json.dumps({"action": command, "value": 0.1}).encode()
    unknown = request(world, at, "/runs/{run}/commands", new_id(), "POST", body)
    for run_id, allowed in world.cells(at):
        answer = request(world, at, "/runs/{run}/commands", run_id, "POST", body)
        assert same(answer, unknown) != ("control" in allowed)
        assert obeyed == ([run_id] if "control" in allowed else [])
        obeyed.clear()


@pytest.fixture
def looking(world, at, monkeypatch):
    """Pages drawn for somebody: the cookies of a page come with its socket, which no test has.

    Two drawings are compared, so neither the disk nor an age may change between them.
    """
    monkeypatch.setattr(ui.access, "whoever", lambda *_: world.person(at))
    monkeypatch.setattr("ui.machine.disk_of", lambda home: ROOMY)
    for part in ("admin_parts", "runs_parts", "runs_trash"):
        monkeypatch.setattr(f"ui.{part}.ago", lambda seconds: "some time ago")
    return at


def asks_for_the_current_run():
    import streamlit as st

    from ui.selection import bad_link, current_run

    found = current_run()
    st.text(found.id if found else bad_link())


@everybody
def test_the_current_run_follows_the_table(world, looking):
    for run_id, allowed in world.cells(looking):
        tab = AppTest.from_function(asks_for_the_current_run)
        tab.query_params["run"] = run_id
        assert sound(tab.run()).text[0].value == (run_id if "view" in allowed else "True")


def drawn(page, run_id):
    """All that a page sends to the browser, with another word for the id that its link names."""
    tab = AppTest.from_file(FRAME, default_timeout=60)
    tab.query_params["run"] = run_id
    sound(tab.switch_page(str(page)).run())
    parts = [*walk(tab.main), *walk(tab.sidebar)]
    return "\n".join(parts).replace(run_id, "THE RUN").replace(run_id[-4:], "RUN")


def walk(block):
    for child in block.children.values():
        if getattr(child, "children", None):
            yield from walk(child)
        yield str(getattr(child, "proto", ""))


@everybody
@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_page_shows_a_forbidden_run_as_an_unknown_one_and_names_none(world, looking, page):
    nowhere = new_id()
    unknown = drawn(page, nowhere)
    seen = {run_id for run_id, allowed in world.cells(looking) if allowed}
    names_only(world, unknown, {nowhere, *seen})
    for run_id, allowed in world.cells(looking):
        if allowed:
            names_only(world, drawn(page, run_id), seen)
        else:
            assert drawn(page, run_id) == unknown


def names_only(world, shown, seen):
    """A page says neither the id nor the name of any run but these."""
    for run_id in set(world.runs.values()) - seen:
        assert run_id not in shown
        assert world.row(run_id).name not in re.findall(r"Secret \d+", shown)


def test_two_people_in_turn_never_see_each_others_runs(world, monkeypatch):
    asked = {}
    for turn in range(200):
        who = ("alice", "another")[turn % 2]
        monkeypatch.setattr("ui.access.whoever", lambda *_, who=who: world.person(who))
        monkeypatch.setattr("ui.recent.visitor", lambda who=who: world.person(who))
        asked.setdefault(who, set()).add(frozenset(row.id for row in recent(100)))
    (alice,), (other,) = asked["alice"], asked["another"]
    assert alice & other == {world.runs["demo"]}
    assert world.runs["alice's"] in alice
