"""Jobs: whatever happens to a worker, its run ends bit by bit as if nothing had happened."""

import os
import random
import signal
import subprocess
import sys

import psutil
import pytest
from engine_kit import ENDLESS, attempts, begin, home_for_module, murder, ready_local, worker_of
from runs_kit import (
    curves,
    drive,
    finished,
    is_sentence,
    new_run,
    process,
    table,
    wait_for,
    weights,
)

from aecore.errors import InputError, RunFailed, StoreError
from aecore.jobs import drive as driving
from aecore.jobs import recorder
from aecore.jobs.drive import Driver
from aecore.jobs.limits import Limits
from aecore.runs import RunSpec, RunStore, read_status
from aecore.runs.checkpoints import listed, load_last
from aecore.runs.control import ask, claim
from aecore.training import Failed, StepDone, restore

NOISY = {"variant": "denoising", "corruption": "gaussian", "dropout": 0.1, "batch_norm": True}
LONG = {"epochs": 300, "width": 64}
"""2,400 steps: seconds, so that there is time to interfere."""


@pytest.fixture(scope="module", autouse=True)
def own_folders(tmp_path_factory):
    yield from home_for_module(tmp_path_factory)


@pytest.fixture(scope="module")
def engine(own_folders):
    with ready_local() as made:
        yield made


def alike(run, twin):
    assert weights(run) == weights(twin)
    assert curves(run) == curves(twin)
    steps = [row[0] for row in table(run, "SELECT step FROM rate ORDER BY 1")]
    assert steps[-1] == read_status(run).step == read_status(run).total_steps


def step_of(run):
    return read_status(run).step


# Real processes


def test_paused_killed_and_started_again_a_run_ends_like_its_twin(engine):
    run = new_run(**LONG, **NOISY)
    first = begin(engine, run)
    first.until_step(100)
    ask(run, "pause")
    ask(run, "pause")
    wait_for(run, "paused")
    paused_at = step_of(run)
    assert 100 < paused_at < 2400
    assert load_last(run.checkpoints)[0].numbers["step"] == paused_at
    first.end()
    begin(engine, run).until_step(paused_at + 100)
    murder(run)
    wait_for(run, "interrupted")
    status = read_status(run)
    assert is_sentence(status.message)
    assert 200 < status.step < 2400
    begin(engine, run)
    wait_for(run, "finished")
    alike(run, finished(**LONG, **NOISY))


def test_a_shell_does_not_take_a_run_from_a_living_worker(engine):
    run = new_run(**ENDLESS)
    begun = begin(engine, run)
    begun.until_step(1)
    command = [sys.executable, "-m", "aecore.jobs.worker", run.id]
    assert subprocess.run(command, check=False).returncode == 3
    assert subprocess.run([*command, "--attempt", "0"], check=False).returncode == 3
    assert read_status(run).live
    assert not claim_of(run), "this process could take a run over from a living worker"
    ask(run, "stop")
    ask(run, "stop")
    wait_for(run, "stopped")
    ask(run, "stop")
    ask(run, "pause")
    assert read_status(run).state == "stopped"
    assert attempts(run) == 1
    begun.end()


def test_a_shell_trains_a_run_that_waits():
    run = new_run()
    limits = Limits(memory=2 * 1024**3).to_json()
    command = [sys.executable, "-m", "aecore.jobs.worker", run.id, "--limits"]
    assert subprocess.run([*command, "much"], check=False).returncode == 2
    assert read_status(run).state == "queued"
    assert subprocess.run([*command, limits], check=False).returncode == 0
    alike(run, finished())


def test_a_polite_kill_pauses(engine):
    run = new_run(**ENDLESS)
    begun = begin(engine, run)
    begun.until_step(10)
    os.kill(worker_of(run).pid, signal.SIGTERM)
    wait_for(run, "paused")
    assert load_last(run.checkpoints)[0].numbers["step"] == step_of(run)
    begun.end()


@pytest.mark.parametrize(("action", "state"), [("pause", "paused"), ("stop", "stopped")])
def test_what_is_asked_while_a_worker_starts_is_heard(engine, action, state):
    run = new_run(**ENDLESS)
    database = run.database()
    database.command(action)
    database.close()
    first = begin(engine, run)
    wait_for(run, state)
    first.end()
    second = begin(engine, run)
    second.until_step(step_of(run) + 10)  # it was obeyed, and that is that
    engine.kill(second.handle)
    second.end()


# The same driver in this process


def claim_of(run):
    database = run.database()
    try:
        return claim(database)
    finally:
        database.close()


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


def test_a_checkpoint_is_never_ahead_of_the_curves(monkeypatch):
    run = new_run()
    with monkeypatch.context() as patch:
        patch.setattr(recorder, "FLUSH_SECONDS", 1000)
        patch.setattr(recorder, "CHECKPOINT_SECONDS", 0)
        drive(run, until=12)
    drive(run)
    alike(run, finished())


@pytest.mark.fault("F15")
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


@pytest.mark.parametrize("cut", range(6, 12))
def test_the_next_attempt_hears_only_what_was_not_obeyed(eager, cut):
    run = new_run()
    for event in Driver(run, attempt=1).events():
        if isinstance(event, StepDone) and event.step == 5:
            ask(run, "learning_rate", 0.05)
        if isinstance(event, StepDone) and event.step == cut:
            break
    list(Driver(run, attempt=2).events())
    changes = table(run, "SELECT step, learning_rate FROM change")
    assert [value for _, value in changes] == [0.05]
    assert 5 < changes[0][0] <= cut + 2


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


@pytest.mark.fault("F6")
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


@pytest.mark.fault("F5")
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
    with pytest.raises(RunFailed, match="choose a batch of 32 images"):
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
