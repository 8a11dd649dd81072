"""What every engine promises: the same tests for each of them, with real workers."""

import os
import signal
import subprocess
import sys

import psutil
import pytest
from engine_kit import (
    ENDLESS,
    NEED,
    attempts,
    begin,
    home_for_module,
    log,
    murder,
    ready_local,
    worker_of,
)
from ray_kit import cluster_of, ready_ray
from runs_kit import curves, finished, is_sentence, new_run, process, wait, weights

from aecore.errors import InputError, UnknownName
from aecore.jobs.engine import Handle, Need, Polled
from aecore.runs import read_status
from aecore.runs.checkpoints import load_last

# A cluster, or a hundred workers at once, leave no core for another test.
pytestmark = pytest.mark.alone

SECRETS = ("AECORE_ADMIN_TOKEN", "AECORE_SECRET", "AECORE_DATABASE_URL", "AWS_SECRET_ACCESS_KEY")
DONE = Polled("exited", 0)
KILLED = Polled("exited", None, signal.SIGKILL)
RUNS = {"local": 20, "ray": 6}
STARTS = {"local": 100, "ray": 6}
"""A cluster's nodes take seconds for what a nursery does in milliseconds."""
LAUNCHERS = {
    "local": "from aecore.jobs.local import LocalEngine as Engine",
    "ray": "from aecore.jobs.ray_engine import RayEngine as Engine",
}


@pytest.fixture(scope="module", autouse=True)
def own_folders(tmp_path_factory):
    yield from home_for_module(tmp_path_factory)


@pytest.fixture(scope="module", autouse=True)
def secrets(own_folders):
    with pytest.MonkeyPatch.context() as patch:
        for name in SECRETS:
            patch.setenv(name, "hunter2")
        yield


@pytest.fixture(scope="module", params=["local", "ray"])
def kind(request, secrets):
    if request.param == "local":
        yield "local"
        return
    with cluster_of(2):
        yield "ray"


@pytest.fixture(scope="module")
def engine(kind, secrets):
    with engine_of(kind) as made:
        yield made


def engine_of(kind):
    return {"local": ready_local, "ray": ready_ray}[kind]()


def test_a_run_ends_bit_by_bit_as_in_this_process(engine):
    begun, twin = begin(engine, new_run()), finished()
    assert begun.end() == DONE, log(begun.run)
    assert read_status(begun.run).state == "finished"
    assert weights(begun.run) == weights(twin)
    assert curves(begun.run) == curves(twin)
    assert (begun.run.folder / "evaluation-test-0.json").exists()


def test_an_attempt_starts_once_however_often_it_is_asked_for(engine):
    run = new_run()
    handles = {engine.start(run.id, 1, NEED) for _ in range(3)}
    assert handles == {Handle(run.id, 1, "anywhere")}
    wait(lambda: engine.poll(*handles).state == "exited", "the end")
    engine.start(run.id, 1, NEED)
    assert engine.poll(*handles) == DONE
    assert attempts(run) == 1
    assert log(run) == ""


def test_stopped_twice_it_saves_once_and_pauses(engine):
    begun = begin(engine, new_run(**ENDLESS))
    begun.until_step(20)
    engine.stop(begun.handle, 60)
    engine.stop(begun.handle, 60)
    assert begun.end() == DONE
    assert read_status(begun.run).state == "paused"
    assert load_last(begun.run.checkpoints)[0].numbers["step"] == read_status(begun.run).step
    engine.stop(begun.handle, 0)
    engine.kill(begun.handle)
    assert begun.polled() == DONE


def test_stopped_before_it_began_it_never_trains(engine):
    begun = begin(engine, new_run(**ENDLESS))
    engine.stop(begun.handle, 60)
    begun.end()
    assert read_status(begun.run).state in ("queued", "paused")


def test_what_does_not_heed_a_stop_is_killed_after_the_grace(engine):
    begun = begin(engine, new_run(**ENDLESS))
    begun.until_step(20)
    worker_of(begun.run).suspend()
    engine.stop(begun.handle, 0.5)
    assert begun.end() == KILLED


def test_killed_twice_it_is_dead(engine):
    begun = begin(engine, new_run(**ENDLESS))
    begun.until_step(20)
    engine.kill(begun.handle)
    engine.kill(begun.handle)
    assert begun.end() == KILLED
    assert read_status(begun.run).state == "interrupted"


def test_a_worker_that_was_shot_is_told_with_its_signal_and_followed(engine):
    run = new_run(epochs=300, width=64)
    first = begin(engine, run)
    first.until_step(100)
    murder(run)
    assert first.end() == KILLED
    second = begin(engine, run)
    assert second.handle.attempt == 2
    assert second.end() == DONE, log(run)
    assert weights(run) == weights(finished(epochs=300, width=64))


def test_many_runs_on_two_slots(kind, engine):
    waiting, working, done, most = [new_run() for _ in range(RUNS[kind])], [], [], 0

    def turn():
        nonlocal most
        for begun in [*working]:
            if begun.polled().state != "running":
                working.remove(begun)
                done.append(begun)
        while waiting and len(working) < 2:
            working.append(begin(engine, waiting.pop()))
        most = max(most, sum(read_status(begun.run).live for begun in [*working, *done]))
        return not waiting and not working

    wait(turn, "many runs", 300)
    assert [begun.polled() for begun in done] == [DONE] * RUNS[kind]
    assert len({str(curves(begun.run)) for begun in done}) == 1
    assert most <= 2


LAUNCHER = """
import sys, time
from aecore.jobs.engine import Need
engine = Engine()
handle = engine.start(sys.argv[1], 1, Need(2**31))
while True:
    engine.poll(handle)
    print(handle.to_json(), flush=True)
    time.sleep(0.1)
"""


def abandoned(kind):
    """The handle of a worker whose engine was shot, with the engine's whole session."""
    run = new_run(**ENDLESS)
    command = [sys.executable, "-c", f"{LAUNCHERS[kind]}\n{LAUNCHER}", run.id]
    with process(command, stdout=subprocess.PIPE, start_new_session=True) as launcher:
        told = launcher.stdout.readline().decode()
        wait(lambda: read_status(run).step > 20, f"twenty steps; {log(run)}")
        os.killpg(launcher.pid, signal.SIGKILL)
    return run, Handle.from_json(told)


def test_a_worker_outlives_its_engine_and_the_next_engine_has_it(kind, engine):
    run, handle = abandoned(kind)
    assert engine.adopt(handle)
    assert engine.adopt(handle)
    assert engine.start(run.id, 1, NEED) == handle
    assert engine.poll(handle) == Polled("running")
    at = read_status(run).step

    def further():
        assert engine.poll(handle).state == "running"
        return read_status(run).step > at + 50

    wait(further, "fifty more steps")
    engine.stop(handle, 60)
    wait(lambda: engine.poll(handle).state == "exited", "the end")
    assert read_status(run).state == "paused"
    assert attempts(run) == 1
    assert not engine.adopt(handle)


def test_a_newer_attempt_shuts_out_a_living_one(engine):
    old = begin(engine, new_run(**ENDLESS))
    old.until_step(20)
    new = begin(engine, old.run)
    assert old.end() == Polled("exited", 3)
    at = read_status(new.run).step
    new.until_step(at + 20)
    assert attempts(new.run) == 2
    engine.stop(new.handle, 60)
    assert new.end() == DONE


def test_nobody_adopts_what_never_was(engine):
    assert not engine.adopt(Handle(new_run().id, 1, "local"))


def test_workers_nobody_knows_are_reaped_in_this_home_only(kind, engine, tmp_path, monkeypatch):
    orphan, lost = abandoned(kind)
    known = begin(engine, new_run(**ENDLESS))
    known.until_step(1)
    with monkeypatch.context() as patch:
        patch.setenv("AECORE_HOME", str(tmp_path))
        stranger, other = abandoned(kind)
        foreign = worker_of(stranger)
    engine.reap({known.handle})
    wait(lambda: engine.poll(lost).state == "exited", "the end of the orphan")
    assert read_status(orphan).state == "paused"
    assert known.polled().state == "running"
    assert foreign.is_running()
    engine.kill(known.handle)
    known.end()
    monkeypatch.setenv("AECORE_HOME", str(tmp_path))
    with engine_of(kind) as theirs:
        assert theirs.adopt(other)
        theirs.kill(other)
        wait(lambda: theirs.poll(other).state == "exited", "the end of the stranger")


def test_a_worker_knows_none_of_the_servers_secrets(engine):
    begun = begin(engine, new_run(**ENDLESS))
    begun.until_step(1)
    known = worker_of(begun.run).environ()
    assert "hunter2" not in known.values()
    assert not {*SECRETS} & {*known}
    engine.kill(begun.handle)
    begun.end()


def test_a_card_that_is_not_there_is_refused_not_waited_for(engine):
    run = new_run()
    if engine.capacity().gpus:
        pytest.skip("there is one")
    with pytest.raises(InputError) as caught:
        engine.start(run.id, 1, Need(10**9, gpu_memory=10**9))
    assert is_sentence(caught.value)
    assert read_status(run).state == "queued"


def test_a_run_that_is_not_there_is_refused(engine):
    with pytest.raises(UnknownName):
        engine.start("0" * 20, 1, NEED)


def test_exit_codes_tell_failed_and_refused(engine):
    broken = new_run(optimizer="sgd", learning_rate=10, schedule="constant", warmup=0)
    assert begin(engine, broken).end() == Polled("exited", 1)
    assert read_status(broken).state == "failed"
    over = begin(engine, finished())
    assert over.end() == Polled("exited", 3)
    assert read_status(over.run).state == "finished"


def test_many_starts_and_kills_leave_nobody_behind(kind, engine):
    runs = [new_run(**ENDLESS) for _ in range(STARTS[kind])]
    begun = [begin(engine, run) for run in runs]  # at once, before those that train slow us down
    for one in begun:
        engine.kill(one.handle)

    def all_dead():
        return not [one for one in begun if one.polled().state == "running"]

    wait(all_dead, "all ends", 300)
    assert {one.polled() for one in begun} == {KILLED}
    assert not any(read_status(one.run).live for one in begun)


def test_it_has_room(engine):
    capacity = engine.capacity()
    assert 1 <= capacity.slots <= (psutil.cpu_count() or 1) * 2
    assert capacity.memory > 10**9


def test_a_handle_survives_writing_down(engine):
    handle = Handle("a" * 20, 3, "node-1", 17, 1.5)
    again = Handle.from_json(handle.to_json())
    assert again == handle
    assert again.to_json() == handle.to_json()
    for wrong in ("", "null", "[1]", '{"run": 1}'):
        with pytest.raises(InputError) as caught:
            Handle.from_json(wrong)
        assert is_sentence(caught.value)


def test_closed_it_lets_go_of_what_trains(kind, engine):
    with engine_of(kind) as closed:
        begun = begin(closed, new_run(**ENDLESS))
        begun.until_step(1)
    begun.engine, at = engine, read_status(begun.run).step
    assert engine.adopt(begun.handle)
    begun.until_step(at + 50)
    engine.kill(begun.handle)
    begun.end()
