"""Looks after one run at work: what its worker says, whether it lives, hangs or takes too long."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any, Literal

from aecore.catalog.queue import SHELL
from aecore.catalog.rows import RunRow
from aecore.catalog.runs import change
from aecore.catalog.shell import end_shell
from aecore.catalog.store import Catalog, clock
from aecore.errors import UnknownName
from aecore.jobs.endings import settle
from aecore.jobs.engine import Engine, Handle
from aecore.runs.control import leave_command, waiting_command
from aecore.runs.status import Status, read_status
from aecore.runs.store import Run, RunStore

LEASE = 15.0
"""Seconds without a word from a machine after which its runs go on elsewhere."""
HANGS = 300.0
"""Seconds without progress after which a run is called stalled; slow steps get more."""
SLOW_STEPS = 20
PATIENCE = 20.0
"""Seconds that a worker may take over a pause or a stop before it gets a signal."""
GRACE = 10.0
"""Seconds from a signal to the next one, and from a shell's announcement to its beginning."""
MIRROR = 1.0
RESTART = (
    "Restart goes on from what was saved last; left alone, that happens by itself after a while."
)


@dataclass
class _Seen:
    """What was seen of one attempt, by this process's own clock, which no suspend moves."""

    attempt: int
    progress: tuple[int, str] = (-1, "")
    moved: float = field(default_factory=time.monotonic)
    mirrored: float = field(default_factory=time.monotonic)
    asked: float | None = None
    lost: float | None = None


class Watch:
    """Looks after the runs at work, one at a time."""

    def __init__(self, catalog: Catalog, engine: Engine, supervisor: str) -> None:
        self.catalog = catalog
        self.engine = engine
        self.supervisor = supervisor
        self._seen: dict[str, _Seen] = {}

    def look(self, row: RunRow, minutes: float, *, tight: bool) -> None:
        """One look at one run.

        Args:
            minutes: how long it may train.
            tight: whether the disk is so full that it must pause.
        """
        try:
            run = RunStore(self.catalog.root)[row.id]
        except UnknownName:
            message = "The folder of this run is gone; somebody has deleted it by hand."
            change(self.catalog, row, state="failed", reason="gone", message=message)
            return
        if row.engine == SHELL:
            self._mirror_shell(row, run)
            return
        polled = self.engine.poll(handle_of(row))
        if polled.state == "exited":
            self._seen.pop(row.id, None)
            settle(self.catalog, row, run, polled)
        elif polled.state == "lost":
            self._lose(row, run)
        else:
            self._running(row, run, minutes, tight)

    def _running(self, row: RunRow, run: Run, minutes: float, tight: bool) -> None:
        status, seen = read_status(run), self._seen_of(row)
        seen.lost = None
        if row.wish == "restart":
            change(self.catalog, row, wish="")
            self.engine.kill(handle_of(row))
        elif row.wish == "" and tight:
            self._end(row, run, "pause", "disk")
        elif row.wish == "" and row.used_seconds > minutes * 60:
            self._end(row, run, "stop", "time")
        self._press(row, run, seen)
        if status.attempt == row.attempt:  # else it is what an earlier worker wrote
            stalled = self._hangs(row, status, seen)
            self._mirror(row, status, seen, stalled)

    def _end(self, row: RunRow, run: Run, action: Literal["pause", "stop"], why: str) -> None:
        """Have the worker save and leave, and remember why."""
        leave_command(run, action)  # first: what a full disk refuses is asked again
        change(self.catalog, row, wish=why)

    def _press(self, row: RunRow, run: Run, seen: _Seen) -> None:
        """Signal a worker that does not follow a pause or a stop."""
        if not waiting_command(run):
            seen.asked = None
        elif seen.asked is None:
            seen.asked = time.monotonic()
        elif time.monotonic() - seen.asked > PATIENCE:
            self.engine.stop(handle_of(row), GRACE)

    def _hangs(self, row: RunRow, status: Status, seen: _Seen) -> bool:
        """Whether a worker makes no progress; one that does so for very long is ended."""
        now, progress = time.monotonic(), (status.step, status.message)
        if progress != seen.progress or status.state != "running":
            seen.progress, seen.moved = progress, now
        idle, limit = now - seen.moved, HANGS
        if status.steps_per_second:
            limit = max(HANGS, SLOW_STEPS / status.steps_per_second)
        if idle > 2 * limit:
            self.engine.kill(handle_of(row))
        return idle > limit

    def _mirror(self, row: RunRow, status: Status, seen: _Seen, stalled: bool) -> None:
        """Copy what lists show: a change of state at once, the rest every second."""
        state = "stalled" if stalled else status.state if status.live else row.state
        now = time.monotonic()
        if state == row.state and now - seen.mirrored < MIRROR:
            return
        used, seen.mirrored = row.used_seconds + now - seen.mirrored, now
        values: dict[str, Any] = {"state": state, "step": status.step, "used_seconds": used}
        values["message"] = f"No progress since step {status.step}. {RESTART}" if stalled else ""
        values["total_steps"] = status.total_steps or row.total_steps
        values["seconds"] = status.seconds_left or row.seconds
        change(self.catalog, row, **values)

    def _mirror_shell(self, row: RunRow, run: Run) -> None:
        status, seen = read_status(run), self._seen_of(row)
        waited = time.monotonic() - seen.moved
        if status.live and (status.state, status.step) != (row.state, row.step):
            total = status.total_steps or row.total_steps
            change(self.catalog, row, state=status.state, step=status.step, total_steps=total)
        elif not status.live and (row.state != "starting" or waited > GRACE):
            self._seen.pop(row.id, None)
            end_shell(self.catalog, run)

    def _seen_of(self, row: RunRow) -> _Seen:
        seen = self._seen.get(row.id)
        if seen is None or seen.attempt != row.attempt:
            seen = self._seen[row.id] = _Seen(row.attempt)
        return seen

    def _lose(self, row: RunRow, run: Run) -> None:
        """No word from the machine: wait for it as long as the lease holds.

        By the database's clock, and as long by our own, since we may have slept ourselves.
        """
        now, seen = time.monotonic(), self._seen_of(row)
        seen.moved = seen.mirrored = now  # nobody knows how much it does meanwhile
        if seen.lost is None:
            seen.lost = now
        with self.catalog.read() as db:
            over = clock(db) > row.lease_until and now - seen.lost > LEASE
        if over or row.wish == "restart":
            self._seen.pop(row.id, None)
            settle(self.catalog, row, run, None)
        elif row.state != "lost":
            change(self.catalog, row, state="lost", message="")


def handle_of(row: RunRow) -> Handle:
    """The worker of a run; one that was never told of is found by its attempt."""
    return Handle.from_json(row.handle) if row.handle else Handle(row.id, row.attempt, "local")
