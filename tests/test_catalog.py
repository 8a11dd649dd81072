"""Runs in the catalogue, in both kinds of database: taken in, found, described, deleted."""

import shutil
import time

import pytest
from catalog_kit import ANNA, BEN, COST, DAY, claim, enter, limits, put, row
from runs_kit import SMALL, is_sentence

from aecore.catalog import retention
from aecore.catalog.overview import members, usage
from aecore.catalog.people import LAPTOP, Quotas, quotas, set_quotas
from aecore.catalog.queue import enqueue
from aecore.catalog.retention import clean, empty_trash
from aecore.catalog.runs import demo, describe, get, how_many, listed, purge, restore, trash
from aecore.catalog.submit import check_quotas, is_empty, submit
from aecore.errors import InputError, StoreError
from aecore.runs import RunSpec, RunStore
from aecore.runs.about import About, read_about
from aecore.runs.checks import estimate
from aecore.runs.store import new_id


def ids(rows):
    return [each.id for each in rows]


def folders(catalog):
    return sorted(path.name for path in (catalog.root / "runs").glob("[!.]*"))


def test_a_new_run_waits_with_all_that_was_said_of_it(catalog):
    assert is_empty(catalog, "anna")
    about = About(name="Ünï", note="two\nlines", tags=("a", "b"), owner="somebody else")
    made = enter(catalog, about=about, seconds=12.5)
    found = row(catalog, made)
    assert (found.owner, found.name, found.note) == ("anna", "Ünï", "two\nlines")
    assert found.tags == ("a", "b")
    assert (found.state, found.attempt, found.seconds) == ("queued", 0, 12.5)
    assert (found.dataset, found.variant) == ("digits", "vae")
    assert (found.memory, found.total_steps) == (COST.memory, COST.steps)
    assert abs(found.queued - time.time()) < 60
    assert read_about(made).owner == "anna"
    assert not is_empty(catalog, "anna")
    assert is_empty(catalog, "ben")


def test_what_a_run_costs_is_counted_where_nobody_did(catalog):
    made = submit(catalog, ANNA, RunSpec.from_flat(SMALL), LAPTOP)
    assert row(catalog, made).memory == estimate(made.spec).memory


def refused(catalog, **named):
    """Submit what must be refused; nothing is left of it."""
    before = (folders(catalog), how_many(catalog, None))
    with pytest.raises(InputError) as caught:
        enter(catalog, **named)
    assert is_sentence(caught.value)
    assert (folders(catalog), how_many(catalog, None)) == before
    assert not [*(catalog.root / "runs").glob(".*")]
    return str(caught.value)


def test_nobody_has_more_waiting_than_they_may(catalog):
    two = limits(queued=2)
    made = [enter(catalog, limits=two) for _ in range(2)]
    assert "2 runs waiting" in refused(catalog, limits=two)
    enter(catalog, BEN, limits=two)
    claim(catalog)
    enter(catalog, limits=two)
    put(catalog, made[1], state="paused")
    enter(catalog, limits=two)
    with pytest.raises(InputError) as caught:
        enqueue(catalog, row(catalog, made[1]), two)
    assert is_sentence(caught.value)
    assert row(catalog, made[1]).state == "paused"


def test_a_full_share_of_the_disk_lets_nothing_new_in_until_the_trash_is_empty(catalog):
    made = enter(catalog)
    enter(catalog, BEN, limits=limits(disk_gb=1.0))
    put(catalog, made, state="finished", bytes=1_500_000_000)
    assert "1.50 GB" in refused(catalog, limits=limits(disk_gb=1.0))
    trash(catalog, ANNA, row(catalog, made))
    refused(catalog, limits=limits(disk_gb=1.0))
    assert empty_trash(catalog, "anna") == 1
    enter(catalog, limits=limits(disk_gb=1.0))


def test_large_networks_and_long_runs_are_refused(catalog):
    assert "parameters" in refused(catalog, limits=limits(parameters=100), cost=None)
    assert "epochs" in refused(catalog, limits=limits(epochs=3))
    enter(catalog, limits=limits(epochs=4))


def test_what_no_machine_could_hold_is_refused():
    spec = RunSpec.from_flat(SMALL)
    with pytest.raises(InputError) as caught:
        check_quotas(spec, type(COST)(**{**vars(COST), "memory": 10**15}), LAPTOP)
    assert is_sentence(caught.value)


def test_a_full_disk_is_told_before_anything_begins(catalog, monkeypatch):
    monkeypatch.setenv("AECORE_DISK_RESERVE", "1e12")
    assert "disk" in refused(catalog)


def test_quotas_hold_on_servers_and_are_what_an_administrator_set(catalog, monkeypatch):
    assert quotas(catalog) == LAPTOP
    monkeypatch.setenv("AECORE_MODE", "server")
    assert quotas(catalog) == Quotas()
    for running in (3, 4):
        set_quotas(catalog, Quotas(running=running))
        assert quotas(catalog) == Quotas(running=running)
    monkeypatch.setenv("AECORE_MODE", "cloud")
    with pytest.raises(InputError) as caught:
        quotas(catalog)
    assert is_sentence(caught.value)


def test_lists_are_ones_own_newest_first_and_can_be_paged(catalog):
    made = [put(catalog, enter(catalog), created=float(n)) for n in range(5)]
    other = enter(catalog, BEN)
    newest = ids(made)[::-1]
    assert ids(listed(catalog, "anna")) == newest
    assert ids(listed(catalog, "anna", limit=2, offset=1)) == newest[1:3]
    assert ids(listed(catalog, None))[0] == other.id
    assert how_many(catalog, None) == 6
    put(catalog, made[2], state="failed")
    assert ids(listed(catalog, "anna", states=("failed", "paused"))) == [made[2].id]
    assert how_many(catalog, "anna", states=("queued",)) == 4


FOUND = {
    "": 3,
    "digits": 3,
    "SEVEN": 1,
    "seven note": 1,
    "seven thesis": 0,
    "thesis": 1,
    "100%": 1,
    "%": 1,
    "_": 0,
    "queued vae": 3,
    "\x00\udc80": 3,
    "x" * 500: 0,
    "' OR 1=1 --": 0,
}


def test_words_are_found_wherever_they_stand(catalog):
    enter(catalog, about=About(name="Seven", note="A NOTE"))
    enter(catalog, about=About(tags=("thesis", "100%")))
    enter(catalog)
    assert {words: len(listed(catalog, "anna", words=words)) for words in FOUND} == FOUND
    assert {words: how_many(catalog, "anna", words=words) for words in FOUND} == FOUND


def test_a_run_is_found_by_the_end_of_its_id(catalog):
    made = enter(catalog)
    enter(catalog)
    assert ids(listed(catalog, "anna", words=made.id[-8:].upper())) == [made.id]


def test_names_notes_and_tags_stand_in_the_folder_too(catalog):
    made = enter(catalog, about=About(name="old", note="stays", demo=True))
    changed = describe(catalog, row(catalog, made), name="new\u202e ", tags=("x", "x", ""))
    assert (changed.name, changed.note, changed.tags) == ("new", "stays", ("x",))
    assert row(catalog, made) == changed
    assert read_about(made) == About("new", "stays", ("x",), "anna", demo=True)
    assert demo(catalog).id == made.id
    emptied = describe(catalog, changed, name="", note="", tags=())
    assert (emptied.name, emptied.note, emptied.tags) == ("", "", ())


def test_a_name_that_the_disk_does_not_take_is_nowhere(catalog, monkeypatch):
    made = enter(catalog, about=About(name="old"))

    def full(*_):
        raise StoreError("The disk is full; free some space.")

    monkeypatch.setattr("aecore.catalog.runs.write_about", full)
    with pytest.raises(StoreError):
        describe(catalog, row(catalog, made), name="new")
    assert row(catalog, made).name == read_about(made).name == "old"


def test_what_is_in_the_trash_neither_shows_nor_starts_and_comes_back(catalog):
    made = enter(catalog, about=About(demo=True))
    trash(catalog, ANNA, row(catalog, made))
    assert listed(catalog, "anna") == []
    assert demo(catalog) is None
    assert ids(listed(catalog, "anna", deleted=True)) == [made.id]
    assert claim(catalog) is None
    assert not is_empty(catalog, "anna")
    restore(catalog, ANNA, row(catalog, made))
    assert ids(listed(catalog, "anna")) == [made.id]
    assert claim(catalog).id == made.id


def test_the_trash_is_emptied_after_seven_days_and_nothing_else_goes(catalog):
    old, young, kept, busy, waiting = (enter(catalog) for _ in range(5))
    now = time.time()
    for made, state in ((old, "finished"), (young, "paused"), (busy, "running")):
        put(catalog, made, state=state)
    for made, days in ((old, 7.1), (young, 6.9), (busy, 8), (waiting, 8)):
        put(catalog, made, deleted=now - days * DAY)
    told = clean(catalog, dry_run=True, now=now)
    assert {removal.what for removal in told} == {f"run {old.id}", f"run {waiting.id}"}
    assert all(removal.bytes > 1000 for removal in told)
    assert len(folders(catalog)) == 5
    assert clean(catalog, now=now) == told
    assert folders(catalog) == sorted(made.id for made in (young, kept, busy))
    assert get(catalog, old.id) is None
    assert clean(catalog, now=now) == []
    assert empty_trash(catalog, "anna") == 1, "one of them is still at work"


def test_leftovers_go_once_nobody_can_be_making_them(catalog):
    made = enter(catalog)
    half = catalog.root / "runs" / f".{new_id()}"
    foreign = catalog.root / "runs" / ".Trash"
    half.mkdir()
    foreign.mkdir()
    now = time.time()
    assert clean(catalog, now=now) == []
    later = now + retention.LEFTOVER_SECONDS + 60
    told = clean(catalog, dry_run=True, now=later)
    assert [removal.what for removal in told] == [str(half)]
    assert clean(catalog, now=later) == told
    assert not half.exists()
    assert foreign.exists()
    assert folders(catalog) == [made.id]


def test_a_deletion_that_broke_off_is_finished_and_never_undone(catalog, monkeypatch):
    made = enter(catalog)
    with monkeypatch.context() as patch:
        patch.setattr(shutil, "rmtree", lambda *_, **__: None)  # killed here
        purge(catalog, row(catalog, made))
    assert [*RunStore(catalog.root)] == []
    clean(catalog, now=time.time() + retention.LEFTOVER_SECONDS + 60)
    assert [*(catalog.root / "runs").iterdir()] == []


def test_what_people_have_and_do_is_counted(catalog):
    claimed, trashed = enter(catalog), enter(catalog)
    enter(catalog)
    enter(catalog, BEN)
    put(catalog, claimed, state="running", bytes=10)
    put(catalog, trashed, bytes=5, deleted=time.time())
    assert vars(usage(catalog, "anna")) == {"runs": 2, "running": 1, "waiting": 1, "bytes": 15}
    assert vars(usage(catalog, "nobody")) == dict.fromkeys(
        ("runs", "running", "waiting", "bytes"), 0
    )
    assert {each.id: each.usage.runs for each in members(catalog, time.time())} == {
        "anna": 2,
        "ben": 1,
    }
