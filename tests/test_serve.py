"""When a supervisor leaves, and what it survives; in this process, with workers that are played."""

import os
import signal
import threading

import pytest
from catalog_kit import enter, row
from runs_kit import wait
from supervisor_kit import FakeEngine

from aecore.catalog.store import Catalog
from aecore.errors import StoreError
from aecore.jobs import supervisor
from aecore.jobs.presence import WANTED, presence, take_lock
from aecore.paths import home


@pytest.fixture
def engine(monkeypatch):
    """The engine of supervisors that this process becomes; they leave soon."""
    made = FakeEngine()
    monkeypatch.setattr(supervisor, "make_engine", lambda: ("fake", made))
    monkeypatch.setattr(supervisor, "UNWANTED", 0.3)
    monkeypatch.setattr(supervisor, "LOCK_SECONDS", 0.1)
    monkeypatch.setenv("AECORE_SLOTS", "2")
    before = signal.getsignal(signal.SIGTERM)
    yield made
    signal.signal(signal.SIGTERM, before)


@pytest.fixture
def meanwhile():
    """Run something beside the supervisor; its error is the test's."""
    errors, threads = [], []

    def begin(work):
        def guarded():
            try:
                work()
            except BaseException as error:
                errors.append(error)
                os.kill(os.getpid(), signal.SIGTERM)

        threads.append(threading.Thread(target=guarded))
        threads[-1].start()

    yield begin
    for thread in threads:
        thread.join()
    assert errors == []


def test_nobody_wants_it_so_it_leaves(engine):
    assert supervisor.main() == 0
    assert presence(home()).slots == 2
    assert take_lock(home()) is not None, "the lock is free again"


def test_it_stays_as_long_as_somebody_wants_it_or_waits(engine, meanwhile):
    catalog, log = Catalog(), []
    made = enter(catalog)

    def play():
        wait(lambda: row(catalog, made).state == "starting", "the start")
        (handle,) = engine.running()
        engine.begins(handle)
        wait(lambda: row(catalog, made).state == "running", "the word of it")
        for _ in range(10):
            (home() / WANTED).touch()
            engine.leaves(handle, "finished")
            wait(lambda: row(catalog, made).state == "finished", "the end")
        log.append("played")

    meanwhile(play)
    assert supervisor.serve() == 0
    assert log == ["played"]
    catalog.close()


def test_a_database_that_fails_for_a_while_is_waited_for(engine, meanwhile, monkeypatch, caplog):
    real, left = supervisor.Supervisor.tick, [3]

    def tick(self):
        if left[0]:
            left[0] -= 1
            raise StoreError("The database does not answer; start it.")
        return real(self)

    monkeypatch.setattr(supervisor.Supervisor, "tick", tick)
    monkeypatch.setattr(supervisor.time, "sleep", lambda seconds: None)
    assert supervisor.serve() == 0
    assert left == [0]
    assert len([each for each in caplog.records if "does not answer" in each.message]) == 1


def test_two_at_once_are_one(engine):
    lock = take_lock(home())
    assert supervisor.serve() == 0
    assert presence(home()) is None
    lock.release()


def test_a_home_that_cannot_be_served_is_told_by_the_exit_code(engine, monkeypatch, caplog):
    monkeypatch.setenv("AECORE_DATABASE_URL", "nonsense")
    assert supervisor.main() == 1
    assert "AECORE_DATABASE_URL" in caplog.text
