"""A real supervisor with real workers, and somebody who kills either, or both, or everything."""

import os
import signal
import subprocess
import sys
import threading

import psutil
import pytest
from catalog_kit import ANNA, LAPTOP, row
from engine_kit import ENDLESS, attempts, home_for_module, log, worker_of
from runs_kit import SMALL, curves, finished, process, table, wait, weights

from aecore.catalog.queue import command, enqueue
from aecore.catalog.store import Catalog
from aecore.catalog.submit import submit
from aecore.jobs.presence import LOG, ensure_supervisor, presence
from aecore.paths import home
from aecore.runs import RunSpec, read_status

LONG = {"epochs": 300, "width": 64}
"""Seconds of training, so that there is time to kill it."""


@pytest.fixture(scope="module", autouse=True)
def own_folders(tmp_path_factory):
    yield from home_for_module(tmp_path_factory)


@pytest.fixture(scope="module")
def catalog(own_folders):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AECORE_SLOTS", "2")
        patch.delenv("AECORE_DATABASE_URL", raising=False)
        opened = Catalog()
        yield opened
        opened.close()
        end(everybody())


@pytest.fixture(scope="module")
def twin(own_folders):
    return finished(**LONG)


@pytest.fixture(autouse=True)
def supervised(catalog):
    """Each test finds a supervisor at work, and leaves none of its runs behind."""
    start()
    yield
    for made in RUNS:
        command(catalog, ANNA, row(catalog, made), "stop", None)
    wait(lambda: all(over(catalog, made) for made in RUNS), "the end of all runs")
    RUNS.clear()


RUNS = []


def over(catalog, made):
    start()
    found = row(catalog, made)
    return not found.active and not found.waiting


def start():
    """Have a supervisor at work; its process."""
    ensure_supervisor(home())
    wait(lambda: (told := presence(home())) is not None and told.alive, printed())
    return psutil.Process(presence(home()).pid)


def printed():
    path = home() / LOG
    return path.read_text() if path.exists() else "a supervisor"


def everybody():
    """The supervisor, its nursery and all workers of this home."""
    found = []
    for each in psutil.process_iter():
        try:
            ours = each.environ().get("AECORE_HOME") == str(home())
            found += [each] if ours and each.pid != os.getpid() else []
        except psutil.Error:
            continue
    return found


def end(processes):
    for each in processes:
        each.kill()
    psutil.wait_procs(processes, 30)


def enter(catalog, **flat):
    made = submit(catalog, ANNA, RunSpec.from_flat({**SMALL, **flat}), LAPTOP)
    RUNS.append(made)
    return made


def trains(made, steps=20):
    """Wait until it has trained that much further."""
    at = read_status(made).step
    wait(lambda: read_status(made).step >= at + steps, f"steps of {read_status(made)}; {log(made)}")


def finishes(catalog, made):
    wait(lambda: row(catalog, made).state == "finished", f"the end; {log(made)} {printed()}", 120)


def as_undisturbed(made, twin):
    assert weights(made) == weights(twin)
    assert curves(made) == curves(twin)


@pytest.mark.fault("F3")
def test_a_second_supervisor_bows_out():
    first = start()
    command_line = [sys.executable, "-m", "aecore.jobs.supervisor"]
    with process(command_line, stderr=subprocess.PIPE) as second:
        told = second.communicate(timeout=60)[1].decode()
    assert second.returncode == 0
    assert f"already running (pid {first.pid})" in told
    assert presence(home()).pid == first.pid


@pytest.mark.fault("F3")
def test_however_many_ask_for_one_there_is_one(catalog):
    end([start()])
    threads = [threading.Thread(target=ensure_supervisor, args=(home(),)) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    one = start()
    made = enter(catalog)
    finishes(catalog, made)
    supervisors = [each for each in everybody() if "aecore.jobs.supervisor" in each.cmdline()]
    assert supervisors == [one]
    assert attempts(made) == 1


@pytest.mark.fault("F3")
def test_a_worker_outlives_the_supervisor_and_the_next_one_adopts_it(catalog):
    made = enter(catalog, **ENDLESS)
    trains(made)
    worker, first = worker_of(made), start()
    end([first])
    trains(made)
    second = start()
    assert second != first
    before = row(catalog, made).lease_until
    wait(lambda: row(catalog, made).lease_until > before, "a renewed lease")
    assert worker_of(made) == worker
    assert attempts(made) == row(catalog, made).attempt == 1
    command(catalog, ANNA, row(catalog, made), "pause", None)
    wait(lambda: row(catalog, made).state == "paused", "the pause")
    enqueue(catalog, row(catalog, made), LAPTOP)
    trains(made)
    assert attempts(made) == 2


@pytest.mark.fault("F1")
def test_a_worker_that_was_shot_is_followed_bit_by_bit(catalog, twin):
    made = enter(catalog, **LONG)
    trains(made, 100)
    end([worker_of(made)])
    finishes(catalog, made)
    assert row(catalog, made).attempt == attempts(made) == 2
    assert row(catalog, made).score is not None
    as_undisturbed(made, twin)


def test_supervisor_and_worker_shot_together(catalog, twin):
    made = enter(catalog, **LONG)
    trains(made, 100)
    end([start(), worker_of(made)])
    start()
    finishes(catalog, made)
    assert attempts(made) == 2
    as_undisturbed(made, twin)


@pytest.mark.fault("F4")
def test_everything_shot_as_by_a_power_cut(catalog, twin):
    trained, waiting = enter(catalog, **LONG), [enter(catalog, **LONG) for _ in range(2)]
    trains(trained, 100)
    end(everybody())
    start()
    for made in (trained, *waiting):
        finishes(catalog, made)
        as_undisturbed(made, twin)
    assert attempts(trained) == 2


def test_a_new_learning_rate_holds_from_one_step_on_whoever_dies(catalog):
    made = enter(catalog, **ENDLESS)
    trains(made)
    command(catalog, ANNA, row(catalog, made), "learning_rate", 0.0005)
    wait(lambda: table(made, "SELECT * FROM change"), "the new rate")
    before = table(made, "SELECT * FROM change")
    end([worker_of(made)])
    wait(lambda: row(catalog, made).attempt == 2, "the next worker")
    wait(lambda: read_status(made).attempt == 2, "its claim")
    trains(made)
    assert table(made, "SELECT * FROM change") == before


def test_asked_to_go_a_supervisor_leaves_its_workers_to_the_next(catalog):
    made = enter(catalog, **ENDLESS)
    trains(made)
    first = start()
    first.send_signal(signal.SIGTERM)
    psutil.wait_procs([first], 30)
    trains(made)
    assert start() != first
    trains(made)
    assert attempts(made) == 1
