"""The store: ids that cannot collide or climb, and folders that are whole or absent."""

import os
import shutil
import threading
from pathlib import Path

import pytest
from runs_kit import SMALL, full_at, is_sentence, new_run

from aecore.errors import InputError, StoreError, UnknownName
from aecore.paths import home
from aecore.runs import RunSpec, RunStore, read_status
from aecore.runs import store as module
from aecore.runs.database import put_metrics
from aecore.runs.store import ID, new_id


def spec():
    return RunSpec.from_flat(SMALL)


def test_ids_are_unique_and_sort_by_time(monkeypatch):
    assert len({new_id() for _ in range(20_000)}) == 20_000
    made = []
    for millisecond in (0, 1, 31, 32, 10**12, 10**12 + 1, 32**9 - 1):
        monkeypatch.setattr(module.time, "time_ns", lambda ms=millisecond: ms * 10**6)
        made.append(new_id())
    assert made == sorted(made)
    assert all(ID.fullmatch(name) for name in made)


def test_many_at_once_get_folders_of_their_own():
    store, made = RunStore(), []
    threads = [threading.Thread(target=lambda: made.append(store.create(spec()))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({run.folder for run in made}) == 8
    assert {run.id for run in store} == {run.id for run in made}


def test_a_run_comes_back_as_it_was_made():
    run = RunStore().create(spec(), demo=True)
    again = RunStore()[run.id]
    assert again == run
    assert again.spec == spec()
    status = read_status(again)
    assert (status.state, status.demo, status.step) == ("queued", True, 0)
    assert is_sentence(status.message)


def test_runs_come_newest_first():
    made = [new_run() for _ in range(5)]
    (made[0].folder.parent / "notes").mkdir()
    assert [run.id for run in RunStore()] == sorted((run.id for run in made), reverse=True)


HOSTILE = [
    "", ".", "..", "../x", "/etc/passwd", "a/b", "é" * 20, "٣" * 20, "x" * 10**6,
    "a" * 20, "A" * 20, "a" * 19, "a" * 21, "a" * 20 + "\n", "\0" * 20, "..%2f" * 4, "~", "*" * 20,
]  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE, ids=range(len(HOSTILE)))
def test_a_hostile_name_is_no_run(name):
    run = new_run()
    shutil.copytree(run.folder, run.folder.parent.parent / "x")  # what ../x would reach
    with pytest.raises(UnknownName) as caught:
        RunStore()[name]
    assert is_sentence(caught.value)


def break_the(number, monkeypatch):
    """Let the nth call that changes the disk find it full."""
    breaking, left = full_at(number)

    for owner, name in (
        (os, "mkdir"),
        (os, "fsync"),
        (os, "replace"),
        (Path, "open"),
    ):
        monkeypatch.setattr(owner, name, breaking(getattr(owner, name)))
    return left


def made(store, told):
    """A new run, or None and what was told."""
    try:
        return store.create(spec())
    except StoreError as error:
        told.append(str(error))
        return None


def test_a_run_is_made_whole_or_not_at_all(monkeypatch):
    store = RunStore()
    told = []
    for number in range(1, 100):
        with monkeypatch.context() as patch:
            left = break_the(number, patch)
            if run := made(store, told):
                assert left[0] > 0, "an error was swallowed"
                break
            assert not store.root.is_dir() or not list(store.root.iterdir()), number
    assert len(told) >= 8
    assert all(is_sentence(message) for message in told)
    assert read_status(run).state == "queued"


@pytest.mark.parametrize("place", ["file", "null"])
def test_an_unwritable_home_is_told(place, tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    path = tmp_path / "file" / "home" if place == "file" else "/dev/null/home"
    monkeypatch.setenv("AECORE_HOME", str(path))
    with pytest.raises(StoreError, match="AECORE_HOME") as caught:
        RunStore()
    assert is_sentence(caught.value)


def test_a_home_without_rights_is_told(monkeypatch):
    home()
    monkeypatch.setattr(os, "access", lambda *_: False)
    with pytest.raises(StoreError, match="AECORE_HOME"):
        RunStore()


def test_a_store_that_is_a_file_is_told():
    (home() / "runs").touch()
    with pytest.raises(StoreError) as caught:
        RunStore().create(spec())
    assert is_sentence(caught.value)


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff\xfe", b"null", b'{"schema": 1}'])
def test_a_damaged_spec_is_told(content):
    run = new_run()
    (run.folder / "spec.json").write_bytes(content)
    with pytest.raises(InputError) as caught:
        _ = RunStore()[run.id].spec
    assert is_sentence(caught.value)


@pytest.mark.parametrize("content", [b"", b"SQLite format 3\0" + b"junk" * 500, b"text"])
def test_a_damaged_database_is_told(content):
    run = new_run()
    for path in run.folder.glob("metrics.db*"):
        path.unlink()
    (run.folder / "metrics.db").write_bytes(content)
    with pytest.raises(StoreError) as caught:
        read_status(run)
    assert is_sentence(caught.value)


def test_numbers_of_every_kind_come_back_from_the_database():
    database = new_run().database()
    values = [0.1, float("inf"), float("-inf"), 1e300, 5e-324]
    rows = [(step, "train", "x", value) for step, value in enumerate(values)]
    with database.write() as db:
        put_metrics(db, [*rows, (9, "train", "x", float("nan"))])
    found = database.metrics()
    assert found[:-1] == rows
    assert found[-1][3] != found[-1][3]
    assert database.metrics(since=1, until=3) == rows[2:4]
    database.close()


def test_a_transaction_is_all_or_nothing():
    database = new_run().database()
    before = database.status()

    def half():
        with database.write() as db:
            db.execute("DELETE FROM status")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        half()
    assert database.status() == before
    database.close()
