"""Rows from folders: for older stores, for copies, for a lost catalogue."""

import os
import shutil
import time

import psutil
import pytest
from catalog_kit import ANNA, BEN, claim, comparable, enter, put, report, row
from runs_kit import drive, finished, new_run

from aecore.catalog import submit as submission
from aecore.catalog.access import find
from aecore.catalog.queue import SHELL, active
from aecore.catalog.reindex import reindex, take_in
from aecore.catalog.runs import forget, get, listed
from aecore.catalog.shares import make_share, shares_of
from aecore.errors import InputError, StoreError
from aecore.runs.about import About, write_about


def lose(catalog, *runs):
    """Drop rows, as a lost catalogue does."""
    with catalog.write() as db:
        for made in runs:
            forget(db, made.id)


def test_a_lost_catalogue_is_built_anew_from_the_folders(catalog):
    about = About(name="mine", note="n", tags=("t",), demo=True)
    runs = [enter(catalog, about=about), enter(catalog, BEN)]
    drive(runs[1])
    before = [comparable(row(catalog, made)) for made in runs]
    lose(catalog, *runs)
    found = reindex(catalog)
    assert set(found.added) == {made.id for made in runs}
    assert (found.gone, found.unreadable) == ((), ())
    first, second = (comparable(row(catalog, made)) for made in runs)
    assert first == before[0]
    assert (second.owner, second.state, second.step) == ("ben", "finished", 32)
    assert row(catalog, runs[1]).bytes > 1000
    assert claim(catalog).id == runs[0].id, "what waited waits again"


def test_a_second_time_there_is_nothing_to_do(catalog):
    for state in ("queued", "paused", "failed"):
        report(new_run(), state=state)
    assert len(reindex(catalog).added) == 3
    before = listed(catalog, None)
    again = reindex(catalog)
    assert (again.added, again.gone, again.unreadable) == ((), (), ())
    assert listed(catalog, None) == before


def test_runs_of_older_stores_belong_to_the_owner(catalog):
    made = finished()
    (made.folder / "about.json").unlink()
    reindex(catalog)
    assert row(catalog, made).owner == "owner"


def test_an_imported_run_belongs_to_who_took_it_in(catalog):
    made = new_run()
    write_about(made, About(owner="stranger"))
    take_in(catalog, made, "ben")
    assert row(catalog, made).owner == "ben"


LIVING = {"pid": os.getpid(), "pid_started": psutil.Process().create_time(), "attempt": 3}
DEAD = {"pid": 2**22 + 1, "pid_started": 1.0, "attempt": 3}


@pytest.mark.parametrize(
    ("told", "state", "engine"),
    [
        ({"state": "queued"}, "queued", ""),
        ({"state": "running", **LIVING, "managed": True}, "running", ""),
        ({"state": "running", **LIVING, "managed": False}, "running", SHELL),
        ({"state": "running", **DEAD, "managed": True}, "interrupted", ""),
        ({"state": "pausing", **LIVING}, "pausing", SHELL),
        ({"state": "paused", "attempt": 3}, "paused", ""),
        ({"state": "stopped", "attempt": 3}, "stopped", ""),
        ({"state": "failed", "reason": "memory", "message": "Too large."}, "failed", ""),
    ],
)
def test_a_run_stands_where_its_folder_says(catalog, told, state, engine):
    made = new_run()
    report(made, **told)
    reindex(catalog)
    found = row(catalog, made)
    assert (found.state, found.engine, found.attempt) == (state, engine, told.get("attempt", 0))
    assert found.reason == told.get("reason", "")
    assert told.get("message", "") in found.message
    assert (found in active(catalog)) == (state in ("running", "pausing"))


def test_a_row_without_a_folder_goes_with_all_that_hangs_on_it(catalog):
    kept, gone = enter(catalog), enter(catalog)
    make_share(catalog, ANNA, row(catalog, gone))
    shutil.rmtree(gone.folder)
    assert reindex(catalog).gone == (gone.id,)
    assert get(catalog, gone.id) is None
    assert row(catalog, kept).state == "queued"
    with pytest.raises(InputError):
        find(catalog, ANNA, gone.id)


def test_where_the_disk_is_missing_no_row_is_dropped(catalog):
    made = enter(catalog)
    make_share(catalog, ANNA, row(catalog, made))
    (catalog.root / "runs").rename(catalog.root / "elsewhere")
    assert reindex(catalog).gone == ()
    assert len(shares_of(catalog, row(catalog, made))) == 1


def test_a_folder_that_cannot_be_read_hides_no_other(catalog):
    damaged, newer, whole = new_run(), new_run(), new_run()
    (damaged.folder / "metrics.db").write_bytes(b"no database at all" * 100)
    (newer.folder / "spec.json").write_text('{"schema": 99}')
    found = reindex(catalog)
    assert found.added == (whole.id,)
    assert set(found.unreadable) == {damaged.id, newer.id}


def test_a_run_that_a_starting_supervisor_takes_in_first_keeps_what_was_asked(catalog, monkeypatch):
    real = submission._enter

    def slow(*values):
        reindex(catalog)
        real(*values)

    monkeypatch.setattr(submission, "_enter", slow)
    made = enter(catalog, seconds=9.0)
    assert row(catalog, made).seconds == 9.0
    assert made.folder.is_dir()
    before = row(catalog, made)
    take_in(catalog, made)
    assert row(catalog, made) == before


def test_what_was_refused_after_a_supervisor_took_it_in_is_gone_after_the_next_look(
    catalog, monkeypatch
):
    def full(*_):
        reindex(catalog)
        raise StoreError("The disk is full; free some space.")

    monkeypatch.setattr(submission, "_enter", full)
    with pytest.raises(StoreError):
        enter(catalog)
    reindex(catalog)
    assert listed(catalog, None) == []


def test_times_of_older_runs_order_the_queue(catalog):
    late, early = new_run(), new_run()
    report(late, created=time.time())
    report(early, created=time.time() - 100)
    reindex(catalog)
    put(catalog, late, owner="owner")
    assert [claim(catalog).id, claim(catalog).id] == [early.id, late.id]
