"""Runs that are to rest: asked by a person, for lack of disk or of time, or trained in a shell."""

import pytest
from catalog_kit import LAPTOP, enter, put, report, row
from runs_kit import is_sentence
from supervisor_kit import DEAD, LIVING, TIGHT, Clock, Stage, press, staged

from aecore.catalog.people import Quotas
from aecore.catalog.queue import SHELL, enqueue
from aecore.errors import StoreError
from aecore.jobs import watch
from aecore.jobs.engine import Polled
from aecore.jobs.presence import presence
from aecore.runs.control import waiting_command


@pytest.fixture
def clock(monkeypatch):
    return Clock(monkeypatch)


@pytest.fixture
def stage(clock, monkeypatch):
    yield from staged(monkeypatch)


@pytest.mark.fault("F5")
def test_a_tight_disk_pauses_what_trains_and_starts_nothing(stage):
    made, waiting = stage.at_work(), enter(stage.catalog)
    stage.disk = TIGHT
    stage.tick()
    stage.tick()
    assert waiting_command(made) == "pause"
    stage.engine.obeys(stage.handle(made))
    found = stage.tick(made)
    assert (found.state, found.reason) == ("paused", "disk")
    assert is_sentence(found.message)
    enqueue(stage.catalog, found, LAPTOP)
    stage.tick()
    assert row(stage.catalog, waiting).state == row(stage.catalog, made).state == "queued"
    stage.disk = Stage.disk
    stage.tick()
    assert row(stage.catalog, waiting).state == row(stage.catalog, made).state == "starting"


def test_the_notice_of_a_full_disk_comes_and_goes(stage, clock):
    stage.disk = TIGHT
    stage.tick()
    assert is_sentence(presence(stage.catalog.root).notice)
    stage.disk = Stage.disk
    clock.passes(3)
    stage.tick()
    told = presence(stage.catalog.root)
    assert (told.notice, told.slots, told.alive) == ("", 2, True)


def test_a_pause_that_the_disk_did_not_take_is_asked_again(stage, monkeypatch):
    made = stage.at_work()
    stage.disk = TIGHT

    def full(*_):
        raise StoreError("The disk is full; free some space.")

    with monkeypatch.context() as patch:
        patch.setattr(watch, "leave_command", full)
        assert stage.tick(made).wish == ""
    assert stage.tick(made).wish == "disk"
    stage.engine.dies(stage.handle(made))
    found = stage.tick(made)
    assert (found.state, found.reason) == ("paused", "disk")


def test_a_worker_that_met_a_full_disk_rests(stage):
    made = stage.at_work()
    report(made, **DEAD)
    stage.engine.workers[stage.handle(made)] = Polled("exited", 4)
    found = stage.tick(made)
    assert (found.state, found.reason) == ("paused", "disk")


def test_after_its_time_a_run_is_saved_and_stops(stage, monkeypatch):
    monkeypatch.setenv("AECORE_MODE", "server")
    made = stage.at_work()
    put(stage.catalog, made, used_seconds=Quotas().minutes * 60 + 1)
    stage.tick()
    assert waiting_command(made) == "stop"
    stage.engine.obeys(stage.handle(made))
    found = stage.tick(made)
    assert (found.state, found.reason) == ("stopped", "time")
    assert is_sentence(found.message)
    enqueue(stage.catalog, found, LAPTOP)
    assert stage.tick(made).used_seconds == 0


def test_who_stops_a_run_hears_nothing_of_the_disk(stage):
    made = stage.at_work()
    stage.disk = TIGHT
    stage.tick()
    stage.engine.leaves(stage.handle(made), "stopped")
    assert stage.tick(made).message == ""


@pytest.mark.parametrize(("action", "state"), [("pause", "paused"), ("stop", "stopped")])
@pytest.mark.fault("F18")
def test_asked_to_leave_at_odd_moments(stage, clock, action, state):
    waiting = enter(stage.catalog)
    for _ in range(2):
        press(stage, waiting, action)
        assert row(stage.catalog, waiting).state == state
    enqueue(stage.catalog, row(stage.catalog, waiting), LAPTOP)
    stage.tick()
    press(stage, waiting, action)
    assert row(stage.catalog, waiting).state == "starting"
    stage.engine.begins(stage.handle(waiting))
    assert waiting_command(waiting) == action, "the worker hears what was asked before it began"
    stage.tick()
    stage.engine.dies(stage.handle(waiting))
    assert stage.tick(waiting).state == state, "it was to leave, and it has"
    press(stage, waiting, action)
    enqueue(stage.catalog, row(stage.catalog, waiting), LAPTOP)
    assert waiting_command(waiting) == ""
    stage.tick()
    stage.engine.dies(stage.handle(waiting))
    stage.supervisor._fill = lambda rows: None
    assert stage.tick(waiting).state == "recovering"
    press(stage, waiting, action)
    assert row(stage.catalog, waiting).state == state


def test_who_does_not_leave_is_signalled(stage, clock):
    made = stage.at_work()
    press(stage, made, "pause")
    stage.tick()
    clock.passes(watch.PATIENCE - 2)
    stage.tick()
    assert stage.engine.stopped == []
    clock.passes(4)
    stage.tick()
    assert stage.engine.stopped == [stage.handle(made)]


def test_a_shells_run_is_mirrored_and_left_alone(stage, clock):
    made = enter(stage.catalog)
    put(stage.catalog, made, state="starting", engine=SHELL)
    assert stage.tick(made).state == "starting"
    report(made, state="running", attempt=1, step=5, **LIVING)
    found = stage.tick(made)
    assert (found.state, found.step) == ("running", 5)
    stage.disk = TIGHT
    stage.tick()
    assert waiting_command(made) == ""
    report(made, **DEAD)
    found = stage.tick(made)
    assert (found.state, found.attempt, stage.engine.workers) == ("interrupted", 1, {})


def test_a_shell_that_never_began_leaves_no_run_behind_that_starts_by_itself(stage, clock):
    made = enter(stage.catalog)
    put(stage.catalog, made, state="starting", engine=SHELL)
    stage.tick()
    clock.passes(watch.GRACE + 1)
    assert stage.tick(made).state == "interrupted"
    assert stage.engine.workers == {}


def test_a_worker_that_finds_a_shell_at_the_run_leaves_it_to_that(stage):
    made = enter(stage.catalog)
    stage.tick()
    report(made, state="running", attempt=1, managed=False, **LIVING)
    stage.engine.workers[stage.handle(made)] = Polled("exited", 3)
    found = stage.tick(made)
    assert (found.state, found.engine) == ("running", SHELL)
