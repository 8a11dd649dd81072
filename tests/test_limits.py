"""What a worker may take, and what is said when that, the card or the disk is not enough."""

import errno
import json
import signal
import subprocess
import sys

import psutil
import pytest
import torch
from engine_kit import begin, home_for_module, log, ready_local, stored
from runs_kit import drive, finished, is_sentence, new_run, process, weights

from aecore.errors import DataUnavailable, Fenced, InputError, RunFailed, StoreError
from aecore.jobs import drive as driving
from aecore.jobs import recorder, worker
from aecore.jobs.engine import Need, Polled
from aecore.jobs.failures import failure_of, smaller_batch
from aecore.jobs.limits import Limits
from aecore.runs import RunSpec, read_status
from aecore.runs.checkpoints import load_last
from aecore.runs.checks import estimate
from aecore.runs.database import Database
from aecore.training.session import TrainingSession

MB = 1024**2
ALLOCATOR = (
    "[enforce fail at alloc_cpu.cpp:127] err == 0. DefaultCPUAllocator: can't allocate memory: "
    "you tried to allocate 4000000000000 bytes. Error code 12 (Cannot allocate memory)"
)
ASSERT = "CUDA error: device-side assert triggered\nCUDA kernel errors might be reported later"
HALF_WRITTEN = "[enforce fail at inline_container.cc:858] . unexpected pos 320 vs 214"


@pytest.fixture(scope="module", autouse=True)
def own_folders(tmp_path_factory):
    yield from home_for_module(tmp_path_factory)


@pytest.fixture(scope="module")
def engine(own_folders):
    with ready_local() as made:
        yield made


@pytest.fixture
def own_signals():
    """A worker takes SIGTERM for itself."""
    before = signal.getsignal(signal.SIGTERM)
    yield
    signal.signal(signal.SIGTERM, before)


def break_at(monkeypatch, step, error):
    """Have the step after `step` raise."""
    real = TrainingSession._step

    def broken(self):
        if self.position.step == step:
            raise error
        real(self)

    monkeypatch.setattr(TrainingSession, "_step", broken)


# Memory


def test_a_run_that_takes_more_than_it_may_is_ended_and_told_why(engine):
    neighbour = begin(engine, new_run(epochs=300))
    greedy = begin(engine, new_run(width=2048, depth=4), Need(memory=80 * MB))
    assert greedy.end() == Polled("exited", 6), log(greedy.run)
    status = read_status(greedy.run)
    assert (status.state, status.reason) == ("failed", "memory")
    assert is_sentence(status.message)
    assert "Traceback" not in log(greedy.run)
    assert neighbour.end() == Polled("exited", 0)
    allowed = begin(engine, new_run(width=2048, depth=4, epochs=1), Need(memory=3000 * MB))
    assert allowed.end() == Polled("exited", 0), log(allowed.run)


@pytest.mark.parametrize("megabytes", [1, 5, 10, 20, 40])
def test_however_little_it_gets_it_ends_with_a_word(engine, megabytes):
    starved = begin(engine, new_run(width=2048), Need(memory=megabytes * MB))
    assert starved.end() == Polled("exited", 6), log(starved.run)
    assert read_status(starved.run).reason == "memory"


@pytest.mark.parametrize(
    "error",
    [
        torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 MiB."),
        RuntimeError("CUDA out of memory. Tried to allocate 20.00 MiB."),
        RuntimeError(ALLOCATOR),
        RuntimeError("std::bad_alloc"),
        MemoryError(),
    ],
)
@pytest.mark.fault("F7")
def test_memory_that_runs_out_in_a_step_keeps_the_checkpoint(eager, monkeypatch, error):
    run = new_run()
    break_at(monkeypatch, 12, error)
    with pytest.raises(RunFailed) as caught:
        drive(run)
    assert caught.value.reason == "memory"
    status = read_status(run)
    assert (status.state, status.reason, status.message) == ("failed", "memory", str(caught.value))
    assert is_sentence(status.message)
    assert load_last(run.checkpoints)[0].numbers["step"] == 12


def test_the_batch_that_is_advised_is_half_the_cost():
    large = RunSpec.from_flat({"dataset": "digits", "batch_size": 1024, "width": 16, "depth": 1})
    batch = smaller_batch(large)
    halved = RunSpec.from_flat({**large.to_flat(), "batch_size": batch})
    assert batch < 1024
    assert estimate(halved).memory <= estimate(large).memory / 2
    twice = RunSpec.from_flat({**large.to_flat(), "batch_size": 2 * batch})
    assert estimate(twice).memory > estimate(large).memory / 2
    wide = RunSpec.from_flat({"dataset": "digits", "batch_size": 8, "width": 1024})
    assert smaller_batch(wide) is None
    message = failure_of(MemoryError(), new_run(batch_size=8, width=1024)).message
    assert "smaller batch, width or code size" in message
    assert is_sentence(message)


# The card


@pytest.mark.parametrize(
    "text", [ASSERT, "CUDA error: an illegal memory access", "CUBLAS_STATUS_EXECUTION_FAILED"]
)
@pytest.mark.fault("F8")
def test_a_cards_error_fails_the_run_and_it_can_be_tried_again(eager, monkeypatch, text):
    run = new_run()
    with monkeypatch.context() as patch:
        break_at(patch, 12, RuntimeError(text))
        with pytest.raises(RunFailed) as caught:
            drive(run)
    assert caught.value.reason == "device"
    status = read_status(run)
    assert (status.state, status.reason) == ("failed", "device")
    assert is_sentence(status.message)
    drive(run)
    assert read_status(run).state == "finished"
    assert read_status(run).reason == ""
    assert weights(run) == weights(finished())


# The disk


@pytest.mark.parametrize(
    "error",
    [
        OSError(errno.ENOSPC, "No space left on device"),
        OSError(errno.EDQUOT, "Disk quota exceeded"),
        RuntimeError(HALF_WRITTEN),
    ],
)
def test_a_full_disk_in_any_words_pauses(eager, monkeypatch, error):
    run = new_run()

    def full(*_):
        raise error

    drive(run, until=12)
    with monkeypatch.context() as patch:
        patch.setattr(recorder, "save", full)
        with pytest.raises(StoreError) as caught:
            drive(run)
    assert is_sentence(caught.value)
    assert read_status(run).state == "paused"
    assert read_status(run).reason == "disk"
    drive(run)
    assert weights(run) == weights(finished())


# How a worker leaves


def run_that_raises(monkeypatch, error):
    def broken(*_, **__):
        raise error

    monkeypatch.setattr(driving, "new_model", broken)
    return new_run()


@pytest.mark.parametrize(
    ("error", "code", "state"),
    [
        (MemoryError(), 6, "failed"),
        (RuntimeError(ASSERT), 5, "failed"),
        (StoreError("The disk is full; free some space."), 4, "paused"),
        (OSError(errno.ENOSPC, "No space left on device"), 4, "paused"),
        (DataUnavailable("MNIST is out of reach; try again later."), 7, "paused"),
        (InputError("This machine has no device 'cuda'; choose auto."), 1, "failed"),
        (ZeroDivisionError("inside"), 1, "failed"),
        (Fenced("Attempt 1 has been replaced."), 3, "starting"),
    ],
)
def test_exit_codes(own_signals, monkeypatch, capfd, error, code, state):
    run = run_that_raises(monkeypatch, error)
    assert worker.work(run) == code
    assert stored(run)["state"] == state
    printed = capfd.readouterr()
    assert ("Traceback" in printed.out + printed.err) == isinstance(error, ZeroDivisionError)


def test_where_not_even_the_status_can_be_written_the_log_has_the_sentence(
    own_signals, monkeypatch, capfd
):
    run = run_that_raises(monkeypatch, MemoryError())

    def full(*_):
        raise StoreError("The disk is full; free some space.")

    monkeypatch.setattr(Database, "set_status", full)
    assert worker.work(run) == 4
    assert "The disk is full; free some space." in capfd.readouterr().out
    assert stored(run)["state"] == "starting"


def test_a_run_that_cannot_be_judged_is_over_all_the_same(own_signals, monkeypatch, capfd):
    def broken(*_):
        raise MemoryError

    monkeypatch.setattr(worker, "evaluate", broken)
    run = new_run()
    assert worker.work(run) == 0
    assert read_status(run).state == "finished"
    assert is_sentence(capfd.readouterr().out.strip())


# What is set


TELL = """
import json, os, resource, torch
from aecore.jobs.limits import Limits, apply, lift_memory
before = torch.get_num_threads()
apply(Limits(memory=300 * 2**20, threads=1))
told = {"niceness": os.nice(0), "threads": torch.get_num_threads()}
told["core"] = resource.getrlimit(resource.RLIMIT_CORE)[1]
told["files"] = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
told["cards"] = os.environ["CUDA_VISIBLE_DEVICES"]
bytearray(200 * 2**20)
try:
    bytearray(400 * 2**20)
except MemoryError:
    told["refused"] = True
lift_memory()
told["after"] = len(bytearray(400 * 2**20))
print(json.dumps(told))
"""


def test_limits_hold():
    with process([sys.executable, "-c", TELL], stdout=subprocess.PIPE) as child:
        told = json.loads(child.stdout.read())
    assert told == {
        "niceness": min(19, psutil.Process().nice() + 10),
        "threads": 1,
        "core": 0,
        "files": 1024,
        "cards": "",
        "refused": True,
        "after": 400 * MB,
    }


def test_a_run_takes_no_more_threads_than_it_may(monkeypatch):
    taken = []
    monkeypatch.setattr(torch, "set_num_threads", taken.append)
    for wanted, most in ((4, 2), (4, 8), (4, None)):
        list(driving.Driver(new_run(epochs=1, threads=wanted), most_threads=most).events())
    assert taken == [2, 4, 4]


@pytest.mark.parametrize("text", ["", "1", "[]", '{"threads": 1}', '{"memory": 1, "more": 2}'])
def test_limits_are_read_as_they_are_written(text):
    limits = Limits(10**9, 2, 1, 0.25)
    assert Limits.from_json(limits.to_json()) == limits
    with pytest.raises(InputError) as caught:
        Limits.from_json(text)
    assert is_sentence(caught.value)
