"""Where a run stands: a closed set of states, one sentence each, told from what is on disk."""

from __future__ import annotations

import time
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

    @property
    def live(self) -> bool:
        """Whether a worker is at it."""
        return self.state in LIVE


def read_status(run: Run, database: Database | None = None) -> Status:
    """The status now; a run whose worker is gone is `interrupted`, whatever it last wrote."""
    opened = database or run.database()
    try:
        return status_of(run, opened.status())
    finally:
        if database is None:
            opened.close()


def status_of(run: Run, raw: dict[str, Any]) -> Status:
    """The status that the raw values of a database amount to now."""
    state: State = raw.get("state", "queued")
    if state in LIVE and not worker_alive(raw):
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


def worker_alive(raw: dict[str, Any]) -> bool:
    """Whether the worker that the raw status names runs, or may still be on its way."""
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
