"""Engines with real workers: for the tests of engines, fencing and kills."""

import os
import signal
from contextlib import contextmanager
from dataclasses import dataclass

import psutil
import pytest
from runs_kit import table, wait

from aecore.jobs.engine import Engine, Handle, Need, Polled
from aecore.jobs.local import LocalEngine
from aecore.runs import Run, read_status

NEED = Need(memory=2 * 1024**3)
ENDLESS = {"epochs": 100_000}
"""For what is stopped before its end."""


def home_for_module(tmp_path_factory):
    """A fixture's body: one home for all tests of a module, so that they can share an engine."""
    with pytest.MonkeyPatch.context() as patch:
        folder = tmp_path_factory.mktemp("engines")
        patch.setenv("AECORE_HOME", str(folder / "home"))
        patch.setenv("AECORE_DATA", str(folder / "data"))
        yield folder


@contextmanager
def ready_local():
    """An engine of this machine, its nursery on the way."""
    engine = LocalEngine()
    engine.warm_up()
    yield engine
    engine.close()


@dataclass
class Begun:
    """A run in an engine's hands."""

    engine: Engine
    run: Run
    handle: Handle

    def polled(self) -> Polled:
        """How its worker is."""
        return self.engine.poll(self.handle)

    def end(self) -> Polled:
        """Wait for its worker's end."""
        wait(lambda: self.polled().state != "running", f"the end of {read_status(self.run)}")
        return self.polled()

    def until_step(self, step: int) -> None:
        """Wait until it has trained that far."""

        def there() -> bool:
            assert self.polled().state == "running", log(self.run)
            return read_status(self.run).step >= step

        wait(there, f"step {step}, it is {read_status(self.run)}")


def begin(engine: Engine, run: Run, need: Need = NEED) -> Begun:
    """Start the next attempt at a run."""
    attempt = stored(run).get("attempt", 0) + 1
    return Begun(engine, run, engine.start(run.id, attempt, need))


def stored(run: Run) -> dict:
    """The raw status of a run."""
    database = run.database()
    try:
        return database.status()
    finally:
        database.close()


def worker_of(run: Run) -> psutil.Process:
    """The process that claimed a run last."""
    return psutil.Process(int(stored(run)["pid"]))


def murder(run: Run) -> None:
    """What the kernel does to a process when memory is short."""
    os.kill(worker_of(run).pid, signal.SIGKILL)


def log(run: Run) -> str:
    """What a run's workers printed."""
    path = run.folder / "log.txt"
    return path.read_text() if path.exists() else ""


def attempts(run: Run) -> int:
    """How often it was claimed with a new number."""
    return int(table(run, "SELECT value FROM status WHERE key = 'attempt'")[0][0])
