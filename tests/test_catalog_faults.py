"""A catalogue that a hundred threads write to, that fails at any statement, or cannot be opened."""

import sqlite3
import sys
import threading
import time
from contextlib import suppress

import psutil
import pytest
from catalog_kit import ANNA, BEN, Failing, claim, enter, put, row
from runs_kit import is_sentence

from aecore.catalog import queue
from aecore.catalog.people import LAPTOP, OWNER, Person, carry_over, log_in, make_admin
from aecore.catalog.queue import command, enqueue, places
from aecore.catalog.reindex import reindex
from aecore.catalog.retention import clean
from aecore.catalog.runs import change, describe, get, listed, purge, restore, trash
from aecore.catalog.shares import make_share, open_share, shares_of
from aecore.catalog.store import Catalog, clock
from aecore.errors import InputError, StoreError
from aecore.runs import RunStore, read_status
from aecore.runs.about import About, read_about


def at_once(count, work):
    """Run `work(number)` in as many threads at the same moment; what each returned or raised."""
    results, start = [None] * count, threading.Barrier(count)

    def one(number):
        start.wait()
        try:
            results[number] = work(number)
        except Exception as error:
            results[number] = error

    threads = [threading.Thread(target=one, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


@pytest.mark.fault("F9", "F10")
def test_a_hundred_people_press_train_at_once_with_the_same_name(catalog):
    made = at_once(
        100, lambda n: enter(catalog, Person(f"p{n % 30}", "member"), about=About(name="same"))
    )
    assert not [each for each in made if isinstance(each, Exception)]
    assert len({each.id for each in made}) == 100
    assert {each.id for each in RunStore()} == {each.id for each in made}
    assert {each.id for each in listed(catalog, None)} == {each.id for each in made}
    assert sorted(place.ahead for place in places(catalog, 2).values()) == [*range(100)]


def test_of_many_who_claim_at_once_each_gets_another_run(catalog):
    for number in range(8):
        enter(catalog, Person(f"p{number}", "member"))
    claimed = at_once(16, lambda _: claim(catalog))
    got = [each.id for each in claimed if each is not None]
    assert len(got) == len(set(got)) == 8
    assert all(each.attempt == 1 for each in claimed if each is not None)


def test_quotas_hold_also_where_somebody_presses_many_times_at_once(catalog):
    two = LAPTOP.model_copy(update={"queued": 2})
    made = at_once(12, lambda _: enter(catalog, ANNA, limits=two))
    assert sum(isinstance(each, InputError) for each in made) == 10
    assert len([*RunStore()]) == len(listed(catalog, "anna")) == 2


def everything(catalog):
    """All tables, and what stands in each run's folder."""
    with catalog.read() as db:
        rows = {
            name: db.exec_driver_sql(f"SELECT * FROM {name} ORDER BY 1").all() for name in TABLES
        }
    folders = {made.id: (read_about(made), read_status(made).state) for made in RunStore()}
    return rows, folders


TABLES = ("person", "browser", "run", "share", "opened", "audit")
WRITES = {
    "submit": lambda c, waits, rests, token: enter(c, BEN),
    "enqueue": lambda c, waits, rests, token: enqueue(c, rests, LAPTOP),
    "pause": lambda c, waits, rests, token: command(c, BEN, waits, "pause", None),
    "claim": lambda c, waits, rests, token: claim(c),
    "change": lambda c, waits, rests, token: change(c, waits, step=5),
    "describe": lambda c, waits, rests, token: describe(c, waits, name="new"),
    "trash": lambda c, waits, rests, token: trash(c, ANNA, waits),
    "restore": lambda c, waits, rests, token: restore(c, ANNA, waits),
    "share": lambda c, waits, rests, token: make_share(c, ANNA, waits),
    "open": lambda c, waits, rests, token: open_share(c, BEN, token),
    "log in": lambda c, waits, rests, token: log_in(c, "b", "issuer user"),
    "carry over": lambda c, waits, rests, token: carry_over(c, "b", "b2"),
    "administer": lambda c, waits, rests, token: make_admin(c, "b"),
}


@pytest.mark.parametrize("name", WRITES)
def test_whatever_statement_fails_all_is_as_before(catalog, name):
    waits, rests = (row(catalog, enter(catalog)) for _ in range(2))
    rests = put(catalog, rests, state="paused")
    token = make_share(catalog, ANNA, rests)
    before = everything(catalog)
    for number in range(1, 100):
        with Failing(catalog, number) as failing, suppress(StoreError):
            WRITES[name](catalog, waits, rests, token)
        if failing.left > 0:
            break
        assert everything(catalog) == before, f"statement {number}"
    assert number > 1
    assert everything(catalog) != before


def test_a_deletion_that_fails_somewhere_can_be_done_again(catalog):
    made = row(catalog, enter(catalog))
    make_share(catalog, ANNA, made)
    for number in range(1, 100):
        with Failing(catalog, number) as failing:
            try:
                purge(catalog, made)
            except StoreError:
                assert get(catalog, made.id) == made
                assert len(shares_of(catalog, made)) == 1
        if failing.left > 0:
            break
    assert get(catalog, made.id) is None
    assert [*(catalog.root / "runs").iterdir()] == []


def test_what_rests_in_the_queue_can_wait_where_the_folder_refuses(catalog, monkeypatch):
    rests = put(catalog, enter(catalog), state="paused")

    def full(*_):
        raise StoreError("The disk is full; free some space.")

    monkeypatch.setattr(queue, "set_aside", full)
    with pytest.raises(StoreError):
        enqueue(catalog, rests, LAPTOP)
    assert row(catalog, rests) == rests


def test_a_home_with_odd_characters_has_its_catalogue_in_it(tmp_path, monkeypatch):
    home = tmp_path / "what? 100% #1 ü"
    monkeypatch.setenv("AECORE_HOME", str(home))
    catalog = Catalog()
    enter(catalog, Person(OWNER, "owner"))
    catalog.close()
    assert (home / "catalog.db").stat().st_size > 0
    assert not [path for path in tmp_path.iterdir() if path != home]


def refusal(kind):
    with pytest.raises(kind) as caught:
        Catalog()
    assert is_sentence(caught.value), caught.value
    return str(caught.value)


@pytest.mark.parametrize(
    "url",
    ["mysql://h/d", "nonsense", "postgresql", "://", "oracle+x://h", "postgresql://h:port/d", "ü"],
)
def test_a_url_that_names_no_database_is_told_in_one_sentence(monkeypatch, url):
    monkeypatch.setenv("AECORE_DATABASE_URL", url)
    assert "AECORE_DATABASE_URL" in refusal(InputError)


def test_a_driver_that_is_not_installed_is_named(monkeypatch):
    monkeypatch.setenv("AECORE_DATABASE_URL", "postgresql://nobody@localhost/x")
    monkeypatch.setitem(sys.modules, "psycopg", None)
    assert "requirements-server.txt" in refusal(InputError)


def test_a_database_that_does_not_answer_is_told_without_its_password(monkeypatch, tmp_path):
    url = f"postgresql://nobody:hunter2@/x?host={tmp_path}"
    monkeypatch.setenv("AECORE_DATABASE_URL", url)
    pytest.importorskip("psycopg")
    assert "hunter2" not in refusal(StoreError)


def test_a_file_that_is_no_catalogue_is_told_and_left_alone(tmp_path, monkeypatch):
    monkeypatch.setenv("AECORE_HOME", str(tmp_path))
    (tmp_path / "catalog.db").write_bytes(b"my thesis, not a database " * 100)
    refusal(StoreError)
    assert (tmp_path / "catalog.db").read_bytes().startswith(b"my thesis")


def test_a_catalogue_that_somebody_else_writes_to_for_long_is_told(monkeypatch):
    catalog = Catalog()
    other = sqlite3.connect(catalog.root / "catalog.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with catalog.engine.connect().execution_options(mode="") as db:
        db.exec_driver_sql("PRAGMA busy_timeout=10")
    with pytest.raises(StoreError) as caught:
        enter(catalog)
    assert is_sentence(caught.value)
    assert [*RunStore()] == []
    other.execute("ROLLBACK")
    other.close()
    catalog.close()


def test_the_databases_clock_is_the_worlds(catalog):
    with catalog.read() as db:
        assert abs(clock(db) - time.time()) < 60


def test_closed_it_lets_go_of_its_files(tmp_path):
    catalog = Catalog()
    enter(catalog)
    reindex(catalog)
    clean(catalog)
    catalog.close()
    open_files = [file.path for file in psutil.Process().open_files()]
    assert not [path for path in open_files if path.startswith(str(tmp_path))]
