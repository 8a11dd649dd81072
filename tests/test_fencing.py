"""A run belongs to its newest attempt: whoever has an older one writes nothing more."""

import json
import subprocess
import sys
import threading

import psutil
import pytest
from engine_kit import ENDLESS, begin, home_for_module, log, ready_local, stored, worker_of
from runs_kit import (
    curves,
    drive,
    finished,
    is_sentence,
    new_run,
    process,
    table,
    wait,
    wait_for,
    weights,
)

from aecore.__main__ import main
from aecore.errors import Fenced, StoreError
from aecore.jobs import heartbeat, recorder
from aecore.jobs.drive import Driver
from aecore.jobs.engine import Polled
from aecore.jobs.heartbeat import Heartbeat
from aecore.runs.checkpoints import listed
from aecore.runs.control import claim
from aecore.runs.store import Run
from aecore.training import StepDone


@pytest.fixture(scope="module", autouse=True)
def own_folders(tmp_path_factory):
    yield from home_for_module(tmp_path_factory)


@pytest.fixture(scope="module")
def engine(own_folders):
    with ready_local() as made:
        yield made


def take_over(run, attempt):
    """What another worker does first."""
    database = run.database()
    database.set_status({"attempt": attempt})
    database.close()


def train(run, at_twelve):
    """In this process, with something that happens at step 12."""
    for event in Driver(run).events():
        if isinstance(event, StepDone) and event.step == 12:
            at_twelve()


def everything(run):
    """All that a run has on the disk, except its clocks."""
    files = {path.name: path.read_bytes() for path in run.checkpoints.glob("*/*")}
    clocks = ("beat", "progress_at")
    return curves(run), files, {k: v for k, v in stored(run).items() if k not in clocks}


def test_from_the_moment_of_another_claim_nothing_is_written(eager):
    run, before = new_run(), []

    def replaced():
        take_over(run, 2)
        before.append(everything(run))

    with pytest.raises(Fenced) as caught:
        train(run, replaced)
    assert is_sentence(caught.value)
    assert before[0][1]
    assert [everything(run)] == before
    assert stored(run)["state"] == "running", "the status is the newer attempt's"
    drive(run)
    assert weights(run) == weights(finished())


def test_a_checkpoint_under_way_is_dropped(eager, monkeypatch):
    run, real = new_run(), recorder.capture

    def capture(session):
        if session.position.step == 12:
            take_over(run, 2)
        return real(session)

    monkeypatch.setattr(recorder, "capture", capture)
    with pytest.raises(Fenced):
        drive(run)
    assert [path.name for path in listed(run.checkpoints)] == ["step-0000000010", "step-0000000011"]
    assert not [*run.checkpoints.glob(".*")]


def test_a_newer_attempts_half_saved_checkpoint_is_left_alone(eager):
    run = new_run()
    theirs = run.checkpoints / ".step-0000000099.1"

    def replaced():
        take_over(run, 2)
        theirs.mkdir()

    with pytest.raises(Fenced):
        train(run, replaced)
    assert theirs.is_dir()


def test_every_write_of_a_fenced_connection_is_checked():
    run = new_run()
    database = run.database()
    assert claim(database, 3) == 3
    database.set_status({"step": 1})
    take_over(run, 4)
    for write in (
        lambda: database.set_status({"step": 2}),
        lambda: database.command("pause"),
        database.check_fence,
    ):
        with pytest.raises(Fenced):
            write()
    database.close()
    assert table(run, "SELECT value FROM status WHERE key = 'step'") == [("1",)]


@pytest.fixture
def other():
    """A living process that is not this one."""
    with process([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as child:
        yield {"pid": child.pid, "pid_started": psutil.Process(child.pid).create_time()}


DEAD = {"pid": 2**22 + 1, "pid_started": 1.0}


@pytest.mark.parametrize(
    ("status", "alive", "attempt", "claimed"),
    [
        ({"state": "queued"}, False, None, 1),
        ({"state": "queued"}, False, 7, 7),
        ({"state": "running", "attempt": 2}, True, None, None),
        ({"state": "running", "attempt": 2}, True, 2, None),
        ({"state": "running", "attempt": 2}, True, 1, None),
        ({"state": "running", "attempt": 2}, True, 3, 3),
        ({"state": "running", "attempt": 2}, False, None, 3),
        ({"state": "running", "attempt": 2}, False, 2, 2),
        ({"state": "running", "attempt": 2}, False, 1, None),
        ({"state": "paused", "attempt": 2}, True, None, 3),
        ({"state": "finished", "attempt": 2}, False, 3, None),
        ({"state": "failed", "reason": "memory", "attempt": 2}, False, 3, None),
        ({"state": "failed", "reason": "device", "attempt": 2}, False, 3, 3),
    ],
)
def test_who_may_claim(other, status, alive, attempt, claimed):
    run = new_run()
    database = run.database()
    database.set_status({**status, **(other if alive else DEAD)})
    assert claim(database, attempt) == claimed
    expected = status.get("attempt") if claimed is None else claimed
    assert database.status().get("attempt") == expected
    database.close()


def test_of_two_who_claim_the_same_attempt_at_once_one_has_it(engine):
    run, codes = new_run(**ENDLESS), []
    command = [sys.executable, "-m", "aecore.jobs.worker", run.id, "--attempt", "1"]
    with process(command) as first, process(command) as second:
        wait(lambda: first.poll() is not None or second.poll() is not None, "one to leave")
        codes = [first.poll(), second.poll()]
        assert sorted(codes, key=str) == [3, None]
        assert worker_of(run).pid == (first, second)[codes.index(None)].pid


@pytest.mark.fault("F13")
def test_a_worker_that_comes_back_from_a_long_sleep_does_no_harm(engine):
    run = new_run(epochs=300, width=64)
    sleeper = begin(engine, run)
    sleeper.until_step(100)
    process_of_first = worker_of(run)
    process_of_first.suspend()
    second = begin(engine, run)
    second.until_step(150)
    process_of_first.resume()
    assert sleeper.end() == Polled("exited", 3), log(run)
    assert second.end() == Polled("exited", 0), log(run)
    twin = finished(epochs=300, width=64)
    assert weights(run) == weights(twin)
    assert curves(run) == curves(twin)


HUNG = """
import sys, time
from aecore.jobs import heartbeat, worker
from aecore.runs import RunStore
from aecore.training.session import TrainingSession
heartbeat.BEAT_SECONDS = 0.05
step = TrainingSession._step
def hang(self):
    step(self)
    while self.position.step == 12:
        time.sleep(0.01)
TrainingSession._step = hang
sys.exit(worker.work(RunStore()[sys.argv[1]], 1))
"""


@pytest.mark.fault("F14")
def test_a_hung_worker_still_beats_and_leaves_when_it_is_replaced():
    run = new_run(**ENDLESS)
    with process([sys.executable, "-c", HUNG, run.id]) as hung:
        wait_for(run, "running")
        beat = stored(run)["beat"]
        wait(lambda: stored(run)["beat"] > beat + 0.2, "beats")
        progress = stored(run)["progress_at"]
        wait(lambda: stored(run)["beat"] > progress + 0.2, "beats without progress")
        take_over(run, 2)
        assert hung.wait(60) == 3


def test_progress_has_a_clock_of_its_own(eager):
    run, clocks = new_run(), []
    for event in Driver(run).events():
        if isinstance(event, StepDone):
            clocks.append(stored(run)["progress_at"])
    assert len(clocks) == 32
    assert clocks == sorted(set(clocks))


@pytest.fixture
def quick(monkeypatch):
    monkeypatch.setattr(heartbeat, "BEAT_SECONDS", 0.01)


def claimed(run):
    database = run.database()
    assert claim(database) == 1
    database.close()


def test_a_heart_beats_until_it_is_told_to_stop(quick):
    run = new_run()
    claimed(run)
    with Heartbeat(run, 1, pytest.fail):
        for _ in range(3):
            beat = stored(run)["beat"]
            wait(lambda beat=beat: stored(run)["beat"] > beat, "a beat")
    beat = stored(run)["beat"]
    assert not [thread for thread in threading.enumerate() if thread.name == "heartbeat"]
    assert stored(run)["beat"] == beat


def test_a_heart_survives_a_full_disk_and_tells_once_that_it_is_fenced(quick, monkeypatch):
    run, told, refused, real = new_run(), [], [], Run.database
    claimed(run)

    def full(self):
        if threading.current_thread().name == "heartbeat" and len(refused) < 3:
            refused.append(True)
            raise StoreError("The disk is full; free some space.")
        return real(self)

    monkeypatch.setattr(Run, "database", full)
    with Heartbeat(run, 1, lambda: told.append(True)):
        beat = stored(run)["beat"]
        wait(lambda: stored(run)["beat"] > beat, "a beat after the disk had room again")
        take_over(run, 2)
        wait(lambda: told, "the fence")
    assert len(refused) == 3
    assert told == [True]


def test_the_command_line_tells_that_the_run_was_taken(eager, monkeypatch, capsys):
    run, real = new_run(), recorder.Recorder.flush

    def flush(self, session, **status):
        if session.position.step == 12:
            take_over(run, 2)
        real(self, session, **status)

    monkeypatch.setattr(recorder.Recorder, "flush", flush)
    assert main(["resume", run.id, "--json"]) == 1
    last = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert last["reason"] == "taken"
