"""Where a run stands: a closed set of states, one sentence each, told from what is on disk."""

from __future__ import annotations

import time
from contextlib import closing
from dataclasses import dataclass
from typing import Any, Literal

import psutil

from aecore.runs.database import Database
from aecore.runs.store import Run

State = Literal[
    "queued", "starting", "running", "pausing", "paused", "stopping", "stopped", "finished",
    "failed", "interrupted", "recovering", "stalled", "lost",
]  # fmt: skip
"""The last three only the supervisor can tell: a worker died and another follows; it makes no
progress; its machine does not answer."""
LIVE = ("starting", "running", "pausing", "stopping")
RESUMABLE = ("queued", "paused", "stopped", "interrupted")
GRACE = 20.0
"""Seconds that a worker may take from being asked for to its first sign of life."""

FRESH = 5.0
"""Seconds within which a heartbeat counts; a worker's comes every two."""


@dataclass(frozen=True)
class Status:
    """What a page shows of a run beside its curves."""

    state: State
    message: str
    step: int
    total_steps: int
    epoch: int
    epochs: int
    images_per_second: float
    seconds_left: float | None
    demo: bool
    created: float
    reason: str = ""
    beat: float = 0.0
    attempt: int = 0
    steps_per_second: float = 0.0
    progress_at: float = 0.0

    @property
    def live(self) -> bool:
        """Whether a worker is at it."""
        return self.state in LIVE


def read_status(
    run: Run, database: Database | None = None, *, believe_beat: bool = False
) -> Status:
    """The status now; a run whose worker is gone is `interrupted`, whatever it last wrote.

    Args:
        believe_beat: take a heartbeat of a few seconds ago for life; to look at the process
            itself costs milliseconds on a busy machine, too much for every poll of a page.
    """
    opened = database or run.database()
    try:
        raw = opened.status()
        fresh = believe_beat and abs(time.time() - float(raw.get("beat", 0))) < FRESH
        return status_of(run, raw, alive=True if fresh else None)
    finally:
        if database is None:
            opened.close()


def status_of(run: Run, raw: dict[str, Any], alive: bool | None = None) -> Status:
    """The status that the raw values of a database amount to now; alive: None to find out."""
    state: State = raw.get("state", "queued")
    if state in LIVE and not (worker_alive(raw) if alive is None else alive):
        state, raw = "interrupted", {**raw, "message": ""}
    done, total = int(raw.get("step", 0)), int(raw.get("total_steps", 0))
    speed = float(raw.get("steps_per_second", 0))
    left = (total - done) / speed if state == "running" and speed else None
    return Status(
        state=state,
        message=_sentence(state, raw),
        step=done,
        total_steps=total,
        epoch=int(raw.get("epoch", 0)),
        epochs=run.spec.training.epochs,
        images_per_second=float(raw.get("images_per_second", 0)),
        seconds_left=left,
        demo=bool(raw.get("demo", False)),
        created=float(raw.get("created", 0)),
        reason=str(raw.get("reason", "")),
        beat=float(raw.get("beat", 0)),
        attempt=int(raw.get("attempt", 0)),
        steps_per_second=speed,
        progress_at=float(raw.get("progress_at", 0)),
    )


def _sentence(state: State, raw: dict[str, Any]) -> str:
    return str(raw.get("message") or plain_sentence(state, int(raw.get("step", 0))))


def plain_sentence(state: State, step: int) -> str:
    """What there is to say of a state when nobody said more."""
    return {
        "queued": "Waiting to start.",
        "starting": "Getting ready.",
        "running": "Training.",
        "pausing": "Saving, then pausing.",
        "paused": f"Paused at step {step}. Everything is saved; it can go on from here.",
        "stopping": "Saving, then stopping.",
        "stopped": f"Stopped at step {step}. The model can be used, or trained on from here.",
        "finished": "Finished.",
        "failed": "Failed.",
        "interrupted": "The training process is gone. What was saved is kept; it can go on.",
        "recovering": f"The training process died; it goes on from step {step} in a moment.",
        "stalled": "No progress for a while; Restart goes on from what was saved last.",
        "lost": "The machine that trains this does not answer; waiting for it.",
    }[state]


def worker_stays(run: Run) -> bool:
    """Whether the process that trained a run is still there, as while it measures the result."""
    with closing(run.database()) as opened:
        return worker_alive(opened.status())


def worker_alive(raw: dict[str, Any]) -> bool:
    """Whether the worker that the raw status names runs, or may still be on its way.

    Of one on another machine there is no process to look at, but the time of its last word.
    """
    if raw.get("remote"):
        return time.time() - float(raw.get("mirrored", 0)) < GRACE
    if raw.get("pid") is None:
        return time.time() - float(raw.get("asked", 0)) < GRACE
    return process_alive(int(raw["pid"]), float(raw["pid_started"]))


def process_alive(pid: int, started: float) -> bool:
    """Whether that very process runs: a number alone may since belong to another."""
    try:
        process = psutil.Process(pid)
        same = abs(process.create_time() - started) < 1
        return same and process.status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False
