"""What a supervisor makes of workers that die, hang or are lost."""

import shutil
import time

import pytest
from catalog_kit import LAPTOP, enter, put, report, row
from runs_kit import is_sentence
from supervisor_kit import Clock, press, staged

from aecore.catalog import queue
from aecore.catalog.queue import SHELL, enqueue
from aecore.errors import InputError, StoreError
from aecore.jobs import watch
from aecore.jobs.engine import Polled
from aecore.runs.control import waiting_command


@pytest.fixture
def clock(monkeypatch):
    return Clock(monkeypatch)


@pytest.fixture
def stage(clock, monkeypatch):
    yield from staged(monkeypatch)


def save(made, step):
    (made.checkpoints / f"step-{step:010d}").mkdir()


def test_a_run_goes_from_the_queue_to_its_end(stage, clock):
    runs = [enter(stage.catalog) for _ in range(3)]
    assert stage.supervisor.tick()
    assert [row(stage.catalog, each).state for each in runs] == ["starting", "starting", "queued"]
    first = stage.handle(runs[0])
    stage.engine.begins(first)
    assert stage.tick(runs[0]).state == "running"
    report(runs[0], step=9, steps_per_second=2.0)
    clock.passes(1.5)
    found = stage.tick(runs[0])
    assert (found.step, found.total_steps, found.seconds) == (9, 32, 11.5)
    assert 1 < found.used_seconds < 60
    stage.engine.leaves(first, "finished", step=32)
    found = stage.tick(runs[0])
    assert (found.state, found.step, found.handle) == ("finished", 32, "")
    assert found.bytes > 1000
    stage.tick()
    assert row(stage.catalog, runs[2]).state == "starting"


@pytest.mark.fault("F13")
def test_a_machine_that_slept_two_hours_stops_nothing(stage, clock, monkeypatch):
    monkeypatch.setenv("AECORE_MODE", "server")
    monkeypatch.setattr(watch, "clock", lambda db: time.time())
    made = stage.at_work()
    clock.wall += 7200
    for _ in range(3):
        clock.passes(2)
        assert stage.tick(made).state == "running"
    assert waiting_command(made) == ""
    assert stage.engine.stopped == stage.engine.killed == []
    stage.engine.workers[stage.handle(made)] = Polled("lost")  # its network takes a while, too
    clock.wall += 7200
    assert stage.tick(made).state == "lost"
    clock.passes(10)
    assert stage.tick(made).state == "lost"
    stage.engine.workers[stage.handle(made)] = Polled("running")
    assert stage.tick(made).state == "running"
    assert row(stage.catalog, made).attempt == 1


def test_a_machine_that_stays_silent_loses_its_run_after_the_lease(stage, clock, monkeypatch):
    made = stage.at_work()
    monkeypatch.setattr(watch, "clock", lambda db: time.time())
    stage.engine.workers[stage.handle(made)] = Polled("lost")
    assert stage.tick(made).state == "lost"
    clock.passes(watch.LEASE - 2)
    assert stage.tick(made).state == "lost"
    clock.passes(4)
    assert stage.tick(made).state == "starting"
    assert row(stage.catalog, made).attempt == 2


def test_restart_does_not_wait_for_the_lease(stage):
    made = stage.at_work()
    stage.engine.workers[stage.handle(made)] = Polled("lost")
    stage.tick()
    press(stage, made, "restart")
    found = stage.tick(made)
    assert (found.state, found.attempt, found.wish) == ("starting", 2, "")


@pytest.mark.fault("F14")
def test_no_progress_is_told_then_ended(stage, clock):
    made = stage.at_work()
    clock.passes(watch.HANGS - 5)
    assert stage.tick(made).state == "running"
    clock.passes(10)
    found = stage.tick(made)
    assert found.state == "stalled"
    assert is_sentence(found.message)
    report(made, step=2)
    found = stage.tick(made)
    assert (found.state, found.message) == ("running", "")
    clock.passes(2 * watch.HANGS + 5)
    stage.tick()
    assert stage.engine.killed == [stage.handle(made)]
    assert stage.tick(made).state == "starting"
    assert row(stage.catalog, made).attempt == 2


def test_a_stalled_run_can_be_restarted_and_no_other(stage, clock):
    made = stage.at_work()
    press(stage, made, "restart")
    stage.tick()
    assert stage.engine.killed == []
    clock.passes(watch.HANGS + 5)
    assert stage.tick(made).state == "stalled"
    press(stage, made, "restart")
    press(stage, made, "restart")
    stage.tick()
    assert len(stage.engine.killed) == 1
    assert stage.tick(made).attempt == 2


def test_slow_steps_and_silent_downloads_are_no_hang(stage, clock):
    slow, loading = stage.at_work(), stage.at_work()
    report(slow, steps_per_second=0.01)
    report(loading, state="starting")
    clock.passes(1900)
    stage.tick()
    assert [row(stage.catalog, each).state for each in (slow, loading)] == ["running", "starting"]
    clock.passes(200)
    assert stage.tick(slow).state == "stalled"


def next_attempt(stage, clock, made):
    clock.passes(40)
    stage.tick()
    stage.engine.begins(stage.handle(made))
    stage.tick()


def waits(found):
    return round(found.not_before - time.time())


def test_a_run_that_dies_goes_on_at_once_then_later_then_not_at_all(stage, clock):
    made = stage.at_work()
    for number, seconds in ((1, 0), (2, 5)):
        stage.supervisor._fill = lambda rows: None
        stage.engine.dies(stage.handle(made))
        found = stage.tick(made)
        assert (found.state, found.tries, waits(found)) == ("recovering", number, seconds)
        assert f"attempt {number + 1} of 3" in found.message
        assert is_sentence(found.message)
        del stage.supervisor._fill
        next_attempt(stage, clock, made)
    stage.engine.dies(stage.handle(made))
    found = stage.tick(made)
    assert (found.state, found.reason) == ("failed", "died")
    assert is_sentence(found.message)
    assert stage.tick(made) == found
    enqueue(stage.catalog, found, LAPTOP)
    assert stage.tick(made).attempt == 4


def test_whoever_saves_something_new_may_die_again(stage, clock):
    made = stage.at_work()
    for step in range(1, 6):
        save(made, step)
        stage.engine.dies(stage.handle(made))
        found = stage.tick(made)
        assert (found.tries, found.saved_step, found.state) == (1, step, "starting")
        next_attempt(stage, clock, made)


@pytest.mark.fault("F8")
def test_a_cards_errors_are_tried_again_and_told_at_the_end(stage, clock):
    made, told = stage.at_work(), "The card failed; press Retry."
    for _ in range(2):
        stage.engine.leaves(stage.handle(made), "failed", 5, reason="device", message=told)
        assert stage.tick(made).state in ("recovering", "starting")
        next_attempt(stage, clock, made)
    stage.engine.leaves(stage.handle(made), "failed", 5, reason="device", message=told)
    found = stage.tick(made)
    assert (found.state, found.reason, found.message) == ("failed", "device", told)


def test_what_would_fail_again_is_not_tried_again(stage):
    made = stage.at_work()
    stage.engine.leaves(stage.handle(made), "failed", 6, reason="memory", message="Too large.")
    found = stage.tick(made)
    assert (found.state, found.reason, found.message) == ("failed", "memory", "Too large.")
    assert stage.tick(made) == found


def test_one_bad_run_does_not_stop_the_others(stage, caplog):
    bad, good = stage.at_work(), stage.at_work()
    (bad.folder / "metrics.db").write_bytes(b"no database" * 1000)
    for name in ("metrics.db-wal", "metrics.db-shm"):
        (bad.folder / name).unlink(missing_ok=True)
    stage.engine.leaves(stage.handle(good), "finished")
    for _ in range(5):
        stage.tick()
    assert row(stage.catalog, good).state == "finished"
    assert len([record for record in caplog.records if bad.id in record.message]) == 1


def test_a_run_whose_folder_is_gone_has_failed(stage):
    made, other = stage.at_work(), stage.at_work()
    shutil.rmtree(made.folder)
    found = stage.tick(made)
    assert (found.state, found.reason) == ("failed", "gone")
    assert is_sentence(found.message)
    assert row(stage.catalog, other).state == "running"


def test_what_cannot_start_now_starts_later_and_what_never_can_fails(stage, clock):
    made = enter(stage.catalog)
    stage.engine.refusal = StoreError("Every card is full; wait.")
    found = stage.tick(made)
    assert (found.state, found.message, waits(found)) == ("queued", "Every card is full; wait.", 5)
    put(stage.catalog, made, tries=1, not_before=0.0)
    assert stage.tick(made).state == "recovering"
    stage.engine.refusal = InputError("No card is that large; choose a smaller batch.")
    clock.passes(6)
    found = stage.tick(made)
    assert (found.state, found.reason) == ("failed", "engine")
    assert stage.engine.workers == {}


def test_the_next_supervisor_adopts_what_runs_and_follows_what_died(stage):
    lives, gone, unborn = stage.at_work(), stage.at_work(), enter(stage.catalog)
    shell = put(stage.catalog, enter(stage.catalog), state="running", engine=SHELL, attempt=4)
    stage.engine.dies(stage.handle(gone))
    claimed = queue.claim(stage.catalog, "one that died here", 15, 9, lambda *_: True)
    assert claimed.id == unborn.id
    stage.another_supervisor()
    assert {handle.run for handle in stage.engine.known} == {
        each.id for each in (lives, gone, unborn, shell)
    }
    for _ in range(2):  # one to see who died, one to go on
        stage.tick()
    attempts = {each.id: row(stage.catalog, each).attempt for each in (lives, gone, unborn)}
    assert sorted(attempts.values()) == [1, 1, 2], "there are two slots"
    assert attempts[lives.id] == 1
    assert row(stage.catalog, lives).state == "running"
