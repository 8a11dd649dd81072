"""Jobs: whatever happens to a worker, its run ends bit by bit as if nothing had happened."""

import os
import random
import signal
import subprocess
import sys
import threading

import psutil
import pytest
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

from aecore.errors import InputError, RunFailed, StoreError
from aecore.jobs import drive as driving
from aecore.jobs import recorder
from aecore.jobs.drive import Driver
from aecore.jobs.local import LocalEngine
from aecore.runs import RunSpec, RunStore, read_status
from aecore.runs.checkpoints import listed, load_last
from aecore.runs.control import ask, claim, mark_asked
from aecore.training import Failed, StepDone, restore

NOISY = {"variant": "denoising", "corruption": "gaussian", "dropout": 0.1, "batch_norm": True}
LONG = {"epochs": 300, "width": 64}
"""2,400 steps: seconds, so that there is time to interfere."""
ENDLESS = {"epochs": 100_000}
"""For what is stopped before its end."""


@pytest.fixture
def warm_engine():
    made = LocalEngine()
    yield made
    made.close()
    for child in made._children:
        child.wait(60)


@pytest.fixture
def engine(warm_engine, monkeypatch):
    """Without a worker kept ready, which would cost each test seconds."""
    monkeypatch.setattr(warm_engine, "warm_up", lambda: None)
    return warm_engine


@pytest.fixture
def eager(monkeypatch):
    """Look for commands, flush and checkpoint at every step."""
    monkeypatch.setattr(recorder, "FLUSH_SECONDS", 0)
    monkeypatch.setattr(recorder, "CHECKPOINT_SECONDS", 0)


def alike(run, twin):
    assert weights(run) == weights(twin)
    assert curves(run) == curves(twin)
    steps = [row[0] for row in table(run, "SELECT step FROM rate ORDER BY 1")]
    assert steps[-1] == read_status(run).step == read_status(run).total_steps


def step_of(run):
    return read_status(run).step


def worker_of(run):
    database = run.database()
    try:
        return int(database.status()["pid"])
    finally:
        database.close()


# Real processes


def test_paused_killed_and_started_again_a_run_ends_like_its_twin(warm_engine):
    engine, run = warm_engine, new_run(**LONG, **NOISY)
    assert engine.start(run)
    wait(lambda: step_of(run) > 100, "a hundred steps")
    ask(run, "pause")
    ask(run, "pause")
    wait_for(run, "paused")
    paused_at = step_of(run)
    assert 100 < paused_at < 2400
    assert load_last(run.checkpoints)[0].numbers["step"] == paused_at
    engine.start(run)
    wait(lambda: step_of(run) > paused_at + 100, "a hundred more steps")
    os.kill(worker_of(run), signal.SIGKILL)
    wait_for(run, "interrupted")
    status = read_status(run)
    assert is_sentence(status.message)
    assert 200 < status.step < 2400
    assert engine.start(run)
    wait_for(run, "finished")
    alike(run, finished(**LONG, **NOISY))


def test_a_run_is_started_once_however_many_ask(engine):
    run, other = new_run(**ENDLESS), LocalEngine()  # refused, so it starts no process
    assert [engine.start(run), other.start(run), engine.start(run)] == [True, False, False]
    wait_for(run, "running")
    late = subprocess.run([sys.executable, "-m", "aecore.jobs.worker", run.id], check=True)
    assert late.returncode == 0
    assert read_status(run).live
    assert not claim_of(run), "this process could take a run over from a living worker"
    ask(run, "stop")
    ask(run, "stop")
    wait_for(run, "stopped")
    ask(run, "stop")
    ask(run, "pause")
    assert read_status(run).state == "stopped"
    assert table(run, "SELECT value FROM status WHERE key = 'attempt'") == [("1",)]
    other.close()


LAUNCHER = """
import sys, time
from aecore.jobs.local import LocalEngine
from aecore.runs import RunStore
LocalEngine().start(RunStore()[sys.argv[1]])
print("started", flush=True)
time.sleep(600)
"""


def test_a_worker_outlives_its_launcher():
    run = new_run(**ENDLESS)
    command = [sys.executable, "-c", LAUNCHER, run.id]
    with process(command, stdout=subprocess.PIPE, start_new_session=True) as launcher:
        assert launcher.stdout.readline() == b"started\n"
        wait_for(run, "running")
        os.killpg(launcher.pid, signal.SIGKILL)
    at = step_of(run)
    wait(lambda: step_of(run) > at + 50, "more steps")
    ask(run, "stop")
    wait_for(run, "stopped")


def test_a_polite_kill_pauses(engine):
    run = new_run(**ENDLESS)
    engine.start(run)
    wait(lambda: step_of(run) > 10, "ten steps")
    os.kill(worker_of(run), signal.SIGTERM)
    wait_for(run, "paused")
    assert load_last(run.checkpoints)[0].numbers["step"] == step_of(run)


@pytest.mark.parametrize("action", ["pause", "stop"])
def test_what_is_asked_while_a_worker_starts_is_heard(engine, action):
    run = new_run(**ENDLESS)
    engine.start(run)
    ask(run, action)
    wait_for(run, {"pause": "paused", "stop": "stopped"}[action])
    assert table(run, "SELECT value FROM status WHERE key = 'attempt'") == [("1",)]


# The same driver in this process


def claim_of(run):
    database = run.database()
    try:
        return claim(database)
    finally:
        database.close()


def test_of_many_who_ask_at_once_one_may_start():
    run, answers = new_run(), []
    threads = [threading.Thread(target=lambda: answers.append(mark_asked(run))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == [False] * 7 + [True]


def test_a_run_belongs_to_its_living_worker_only():
    run = new_run()
    with process(["sleep", "600"]) as other:
        database = run.database()
        started = psutil.Process(other.pid).create_time()
        database.set_status({"state": "running", "pid": other.pid, "pid_started": started})
        assert not claim(database)
        assert drive(run) == []
        other.kill()
        other.wait()
        assert read_status(run).state == "interrupted"
        assert claim(database)
        # A number that went to another process since is not the worker.
        database.set_status({"pid": os.getpid(), "pid_started": 1.0})
        assert read_status(run).state == "interrupted"
        database.close()


@pytest.mark.parametrize("state", ["finished", "failed"])
def test_what_is_over_stays_over(state):
    run = new_run()
    database = run.database()
    database.set_status({"state": state})
    database.close()
    assert drive(run) == []
    assert not mark_asked(run)
    assert read_status(run).state == state


def test_a_run_stopped_by_mistake_goes_on_and_ends_like_its_twin():
    run = new_run()
    driver = Driver(run)
    for event in driver.events():
        if isinstance(event, StepDone) and event.step == 9:
            driver.leave = "stop"
    assert read_status(run).state == "stopped"
    drive(run)
    alike(run, finished())


@pytest.mark.parametrize("how", [NOISY, {}, {"patience": 2, "schedule": "plateau"}])
def test_cut_anywhere_it_ends_like_its_twin(how, monkeypatch):
    monkeypatch.setattr(recorder, "FLUSH_SECONDS", 0)
    twin = finished(**how)
    run, dice = new_run(**how), random.Random(4)
    for cut in sorted(dice.sample(range(1, 31), 5)):
        monkeypatch.setattr(recorder, "CHECKPOINT_SECONDS", dice.choice([0, 1000]))
        drive(run, until=cut)
        assert read_status(run).state == "running"
    drive(run)
    alike(run, twin)


def test_a_cut_with_a_damaged_checkpoint_goes_on_from_the_one_before(eager, capfd):
    run = new_run()
    drive(run, until=12)
    (listed(run.checkpoints)[-1] / "rest.safetensors").write_bytes(b"")
    drive(run)
    assert "does not match its checksum" in capfd.readouterr().err
    alike(run, finished())


def test_a_state_restored_in_part_is_seen(eager, monkeypatch):
    def forgetful(session, state):
        restore(session, state)
        session.batches.noise.manual_seed(1)

    run = new_run(**NOISY)
    drive(run, until=12)
    monkeypatch.setattr(driving, "restore", forgetful)
    drive(run)
    assert weights(run) != weights(finished(**NOISY))


def asked(run, requests):
    """Train while people ask for things at given steps."""
    for event in Driver(run).events():
        if isinstance(event, StepDone) and event.step in requests:
            ask(run, *requests[event.step])


def test_a_learning_rate_set_by_hand_is_recorded_and_repeats(eager):
    run = new_run()
    asked(run, {5: ("learning_rate", 0.05), 17: ("pause",)})
    assert read_status(run).state == "paused"
    asked(run, {25: ("learning_rate", 1e-5)})
    spec = run.repeatable_spec()
    steps = [step for step, _ in spec.learning_rate_changes]
    assert [value for _, value in spec.learning_rate_changes] == [0.05, 1e-5]
    assert 5 < steps[0] < 9
    assert 25 < steps[1] < 29
    again = RunStore().create(RunSpec.from_flat(spec.to_flat()))
    drive(again)
    alike(again, run)
    assert weights(run) != weights(finished())


@pytest.mark.parametrize("value", [float("nan"), float("inf"), 0, -1, 1e9, None])
def test_a_learning_rate_out_of_bounds_is_refused(value):
    with pytest.raises(InputError) as caught:
        ask(new_run(), "learning_rate", value)
    assert is_sentence(caught.value)


def test_what_was_asked_of_a_worker_before_is_not_asked_of_the_next(eager):
    run = new_run()
    database = run.database()
    database.command("stop")
    database.close()
    drive(run)
    assert read_status(run).state == "finished"


def test_a_run_nobody_trains_is_stopped_at_once():
    run = new_run()
    ask(run, "pause")
    assert read_status(run).state == "queued"
    ask(run, "stop")
    assert read_status(run).state == "stopped"


def test_a_loss_that_is_no_number_keeps_the_last_good_weights():
    run = new_run(optimizer="sgd", learning_rate=10, schedule="constant", warmup=0)
    failed = drive(run)[-1]
    assert isinstance(failed, Failed)
    status = read_status(run)
    assert status.state == "failed"
    assert status.message == failed.message
    assert is_sentence(status.message)
    state, problems = load_last(run.checkpoints)
    assert not problems
    assert all(tensor.isfinite().all() for tensor in state.model.values())
    twin = new_run(optimizer="sgd", learning_rate=10, schedule="constant", warmup=0)
    assert failed.kept_step >= 1
    pause_at(twin, failed.kept_step)
    assert weights(twin) == weights(run)


def pause_at(run, step):
    """Train up to a step and pause there."""
    driver = Driver(run)
    for event in driver.events():
        if isinstance(event, StepDone) and event.step == step:
            driver.leave = "pause"


def full(*_):
    raise StoreError("The disk is full; free some space.")


def test_a_full_disk_pauses_and_the_run_goes_on_later(eager, monkeypatch):
    run = new_run()
    drive(run, until=9)
    with monkeypatch.context() as patch:
        patch.setattr(recorder, "save", full)
        with pytest.raises(StoreError):
            drive(run)
    status = read_status(run)
    assert (status.state, status.message) == ("paused", "The disk is full; free some space.")
    drive(run)
    alike(run, finished())


def broken(error):
    def call(*_, **__):
        raise error

    return call


def test_no_memory_is_told_and_what_to_do(monkeypatch):
    run = new_run()
    monkeypatch.setattr(driving, "new_model", broken(MemoryError()))
    with pytest.raises(RunFailed, match="choose a smaller batch"):
        drive(run)
    assert read_status(run).state == "failed"
    assert is_sentence(read_status(run).message)


def test_the_unexpected_leaves_a_sentence_too(monkeypatch):
    run = new_run()
    monkeypatch.setattr(driving, "new_model", broken(ZeroDivisionError("inside")))
    with pytest.raises(ZeroDivisionError):
        drive(run)
    status = read_status(run)
    assert status.state == "failed"
    assert is_sentence(status.message)
    assert "log.txt" in status.message


def test_bad_input_found_late_fails_the_run_with_its_sentence(monkeypatch):
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    run = new_run(device="cuda")
    with pytest.raises(InputError, match="no device 'cuda'"):
        drive(run)
    assert "no device 'cuda'" in read_status(run).message


def test_every_state_has_a_sentence():
    run = new_run()
    database = run.database()
    me = psutil.Process()
    database.set_status({"pid": me.pid, "pid_started": me.create_time()})
    for state in (
        "queued",
        "starting",
        "running",
        "pausing",
        "paused",
        "stopping",
        "stopped",
        "failed",
    ):
        database.set_status({"state": state})
        assert read_status(run, database).state == state
        assert is_sentence(read_status(run, database).message)
    database.close()
