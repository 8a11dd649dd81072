"""A supervisor whose workers are played by the test: they begin, train, obey and die as told."""

import os
import signal
import time
from dataclasses import dataclass, field

import psutil
from catalog_kit import ANNA, enter, report, row

from aecore.catalog.queue import command
from aecore.catalog.rows import RunRow
from aecore.catalog.store import Catalog
from aecore.jobs.engine import Capacity, Handle, Polled
from aecore.jobs.supervisor import Supervisor
from aecore.runs import Run, RunStore
from aecore.runs.control import claim, waiting_command
from aecore.runs.disk import Disk

RUNNING = Polled("running")
KILLED = Polled("exited", None, signal.SIGKILL)
ROOMY = Disk(total=10**12, free=10**11, reserve=10**9)
TIGHT = Disk(total=10**12, free=10**8, reserve=10**9)
LIVING = {"pid": os.getpid(), "pid_started": psutil.Process().create_time()}
DEAD = {"pid": 2**22 + 1, "pid_started": 1.0}
TOTAL = 32


class FakeEngine:
    """An engine without processes; `workers` says how each is, and tests change it."""

    def __init__(self) -> None:
        self.workers: dict[Handle, Polled] = {}
        self.stopped: list[Handle] = []
        self.killed: list[Handle] = []
        self.known: set[Handle] = set()
        self.refusal: Exception | None = None

    def capacity(self):
        return Capacity(2, 64 * 10**9)

    def start(self, run_id, attempt, need):
        if self.refusal is not None:
            raise self.refusal
        handle = Handle(run_id, attempt, "fake")
        self.workers.setdefault(handle, RUNNING)
        return handle

    def poll(self, handle):
        return self.workers.get(handle, Polled("exited"))

    def stop(self, handle, grace_seconds):
        self.stopped.append(handle)

    def kill(self, handle):
        self.killed.append(handle)
        self.dies(handle)

    def adopt(self, handle):
        return self.poll(handle) == RUNNING

    def reap(self, known):
        self.known = set(known)

    def warm_up(self):
        pass

    def close(self):
        pass

    def running(self) -> list[Handle]:
        return [handle for handle, polled in self.workers.items() if polled == RUNNING]

    # What a worker does.

    def begins(self, handle: Handle) -> None:
        """Claims its run and trains its first step."""
        database = RunStore()[handle.run].database()
        assert claim(database, handle.attempt) == handle.attempt
        database.set_status({"state": "running", "step": 1, "total_steps": TOTAL})
        database.close()

    def leaves(self, handle: Handle, state: str, code: int = 0, **status) -> None:
        """Says how it ends, and exits."""
        report(RunStore()[handle.run], state=state, **status)
        self.workers[handle] = Polled("exited", code)

    def obeys(self, handle: Handle) -> None:
        """Does what was asked last, if anything was."""
        asked = waiting_command(RunStore()[handle.run])
        if asked:
            self.leaves(handle, {"pause": "paused", "stop": "stopped"}[asked])

    def dies(self, handle: Handle) -> None:
        """Ends without a word."""
        report(RunStore()[handle.run], **DEAD)
        self.workers[handle] = KILLED


@dataclass
class Stage:
    """A catalogue, its supervisor, and the workers. disk: how full the disk is said to be."""

    catalog: Catalog
    engine: FakeEngine = field(default_factory=FakeEngine)
    disk: Disk = ROOMY

    def __post_init__(self) -> None:
        self.another_supervisor()

    def another_supervisor(self) -> None:
        """The one before is gone."""
        self.supervisor = Supervisor(self.catalog, self.engine, engine_name="fake")
        self.supervisor.housekeeping.disk = lambda: self.disk
        self.supervisor.begin()

    def tick(self, made: Run | RunRow | None = None) -> RunRow | None:
        """One look around; the row of a run after it."""
        self.supervisor.tick()
        return None if made is None else row(self.catalog, made)

    def handle(self, made: Run | RunRow) -> Handle:
        """The newest worker of a run."""
        return Handle(made.id, row(self.catalog, made).attempt, "fake")

    def at_work(self, **named) -> Run:
        """A run whose worker trains."""
        made = enter(self.catalog, ANNA, **named)
        self.tick()
        self.engine.begins(self.handle(made))
        assert self.tick(made).state == "running"
        return made


def staged(monkeypatch):
    """A fixture's body: a stage with two slots and an empty queue."""
    monkeypatch.setenv("AECORE_SLOTS", "2")
    catalog = Catalog()
    yield Stage(catalog)
    catalog.close()


def press(stage: Stage, made: Run | RunRow, action: str) -> None:
    """Ask what anna asks."""
    command(stage.catalog, ANNA, row(stage.catalog, made), action, None)


class Clock:
    """Time that tests move: `wall` as a suspended machine or a person does, `own` as it passes."""

    def __init__(self, monkeypatch) -> None:
        self.wall = self.own = 0.0
        real, monotonic = time.time, time.monotonic
        monkeypatch.setattr(time, "time", lambda: real() + self.wall)
        monkeypatch.setattr(time, "monotonic", lambda: monotonic() + self.own)

    def passes(self, seconds: float) -> None:
        """Both clocks agree on it."""
        self.wall += seconds
        self.own += seconds
