"""The engine of this machine: its nursery, its way without one, and its graphics cards."""

import ctypes
import signal
import subprocess
import sys
from types import SimpleNamespace

import psutil
import pytest
from engine_kit import ENDLESS, NEED, begin, home_for_module, log, ready_local, worker_of
from runs_kit import finished, is_sentence, new_run, process, wait, wait_for, weights

from aecore.errors import InputError, StoreError
from aecore.jobs import gpus, launch, local
from aecore.jobs.engine import Gpu, Need, Polled
from aecore.jobs.local import LocalEngine
from aecore.runs import read_status

GB = 10**9


@pytest.fixture(scope="module", autouse=True)
def own_folders(tmp_path_factory):
    yield from home_for_module(tmp_path_factory)


@pytest.fixture(scope="module")
def engine(own_folders):
    with ready_local() as made:
        yield made


def nursery_of(engine):
    return psutil.Process(engine._launcher._process.pid)


def test_the_nursery_has_one_thread_and_no_database_open(engine):
    begin(engine, new_run()).end()
    assert nursery_of(engine).num_threads() == 1
    assert [file.path for file in nursery_of(engine).open_files() if ".db" in file.path] == []


def test_a_worker_shares_the_memory_of_the_imports(engine):
    begun = begin(engine, new_run(**ENDLESS))
    begun.until_step(20)
    own = worker_of(begun.run).memory_full_info()
    assert own.uss < own.rss / 2
    engine.kill(begun.handle)
    begun.end()


def test_the_nursery_dies_and_its_workers_go_on(engine):
    begun = begin(engine, new_run(**ENDLESS))
    begun.until_step(20)
    nursery_of(engine).kill()
    at = read_status(begun.run).step
    begun.until_step(at + 50)
    assert begin(engine, new_run()).end() == Polled("exited", 0)
    engine.stop(begun.handle, 60)
    assert begun.end() == Polled("exited"), "nobody was there to see its code"
    assert read_status(begun.run).state == "paused"


def test_a_nursery_that_dies_with_orders_unheard_loses_them_and_says_so(engine):
    nursery = nursery_of(engine)
    nursery.suspend()
    begun = begin(engine, new_run())
    assert begun.polled() == Polled("running")
    nursery.kill()
    assert begun.end() == Polled("exited")
    assert read_status(begun.run).state == "queued"
    begun.handle = engine.start(begun.run.id, 2, NEED)
    assert begun.end() == Polled("exited", 0)


def test_the_nursery_leaves_with_its_engine():
    with ready_local() as made:
        nursery = nursery_of(made)
    nursery.wait(60)
    code = "from aecore.jobs.local import LocalEngine as E; e = E(); e.warm_up(); "
    code += "print(e._launcher._process.pid, flush=True); input()"
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with process([sys.executable, "-c", code], **pipes) as launcher:
        nursery = psutil.Process(int(launcher.stdout.readline()))
        launcher.kill()
        nursery.wait(60)


def test_without_a_nursery_it_is_the_same_but_slower(monkeypatch):
    monkeypatch.setattr(local, "make_launcher", launch.ColdLauncher)
    cold = LocalEngine()
    cold.warm_up()
    begun, endless = begin(cold, new_run()), begin(cold, new_run(**ENDLESS))
    assert begun.end() == Polled("exited", 0), log(begun.run)
    assert weights(begun.run) == weights(finished())
    endless.until_step(1)
    cold.kill(endless.handle)
    assert endless.end() == Polled("exited", None, signal.SIGKILL)
    cold.close()


def test_who_trains_in_a_shell_is_nobodys_orphan(engine):
    run = new_run(**ENDLESS)
    with process([sys.executable, "-m", "aecore.jobs.worker", run.id]) as shell:
        wait_for(run, "running")
        engine.reap(set())
        at = read_status(run).step
        wait(lambda: read_status(run).step > at + 50, "fifty more steps")
        assert shell.poll() is None


def test_what_cannot_be_started_is_told_in_a_sentence(monkeypatch):
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    with pytest.raises(StoreError) as caught:
        LocalEngine().start(new_run().id, 1, NEED)
    assert is_sentence(caught.value)


# Cards


def cards(monkeypatch, *sizes):
    """Cards of these many GB, each with one in use by another program."""
    found = tuple(Gpu("local", i, gb * GB, (gb - 1) * GB) for i, gb in enumerate(sizes))
    monkeypatch.setattr(local, "list_gpus", lambda node: found)


@pytest.fixture
def orders(monkeypatch):
    """What a launcher would be asked for."""
    given = []

    def launched(handle, limits):
        given.append(limits)
        return launch.Child(limits)

    quiet = SimpleNamespace(launch=launched, hear=lambda: None)
    monkeypatch.setattr(local, "make_launcher", lambda: quiet)
    return given


def test_runs_share_cards_by_the_memory_they_need(monkeypatch, orders):
    cards(monkeypatch, 8, 10)
    engine = LocalEngine()
    for _ in range(4):
        engine.start(new_run().id, 1, Need(GB, gpu_memory=4 * GB))
    assert sorted(limits.gpu for limits in orders) == [0, 0, 1, 1]
    shares = {limits.gpu: limits.gpu_share for limits in orders}
    assert shares == {0: 0.5, 1: 0.4}
    with pytest.raises(StoreError) as caught:
        engine.start(new_run().id, 1, Need(GB, gpu_memory=4 * GB))
    assert is_sentence(caught.value)
    with pytest.raises(InputError) as caught:
        engine.start(new_run().id, 1, Need(GB, gpu_memory=11 * GB))
    assert is_sentence(caught.value)
    engine.start(new_run().id, 1, Need(GB))
    assert orders[-1].gpu is None


class FakeDriver:
    """The calls of NVIDIA's library that are used, for two cards of 8 GB."""

    def nvmlDeviceGetCount_v2(self, count):  # noqa: N802
        ctypes.cast(count, ctypes.POINTER(ctypes.c_uint))[0] = 2
        return 0

    def nvmlDeviceGetHandleByIndex_v2(self, index, device):  # noqa: N802
        return 0

    def nvmlDeviceGetMemoryInfo(self, device, memory):  # noqa: N802
        values = ctypes.cast(memory, ctypes.POINTER(ctypes.c_ulonglong))
        values[0], values[1] = 8 * GB, 5 * GB
        return 0


@pytest.mark.parametrize(
    ("visible", "indices"), [(None, [0, 1]), ("1", [1]), ("0, 1", [0, 1]), ("", []), ("-1", [])]
)
def test_cards_are_counted_without_touching_them(monkeypatch, visible, indices):
    monkeypatch.setattr(gpus, "_library", FakeDriver)
    if visible is None:
        monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    else:
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", visible)
    assert gpus.list_gpus("here") == tuple(Gpu("here", i, 8 * GB, 5 * GB) for i in indices)


def test_a_machine_without_a_driver_has_no_cards(monkeypatch):
    monkeypatch.setattr(gpus, "_library", lambda: None)
    assert gpus.list_gpus("here") == ()
