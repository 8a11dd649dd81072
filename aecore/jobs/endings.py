"""What becomes of a run whose worker is gone: over, resting, or once more from what was saved."""

from __future__ import annotations

import time
from typing import Any, Literal

from aecore.catalog.queue import SHELL
from aecore.catalog.rows import RunRow
from aecore.catalog.runs import change
from aecore.catalog.store import Catalog
from aecore.jobs.engine import Polled
from aecore.jobs.worker import CODES
from aecore.runs.checkpoints import listed
from aecore.runs.control import set_aside, waiting_command
from aecore.runs.disk import folder_bytes
from aecore.runs.evaluate import kept_score
from aecore.runs.status import Status, read_status
from aecore.runs.store import Run

BACK_OFF = (0.0, 5.0)
"""Seconds before each new try, where the one before saved nothing new."""
TRIES = 1 + len(BACK_OFF)
ENDED = ("finished", "failed", "paused", "stopped")
WHY = {
    ("paused", "disk"): "Paused because the disk is almost full; nothing is lost. Free some space, "
    "then press Resume.",
    ("stopped", "time"): "Stopped: it has trained as long as one run may here at a time. The model "
    "is kept; Resume queues it to train on.",
}
"""What is said of a run that the supervisor itself wished to rest."""


def settle(catalog: Catalog, row: RunRow, run: Run, polled: Polled | None) -> None:
    """Write where a run stands after its worker; None: nobody knows how the worker ended."""
    status = read_status(run)
    fenced = polled is not None and polled.code == CODES["fenced"]
    if fenced and status.live:  # somebody trains it from a shell
        change(catalog, row, state=status.state, engine=SHELL, handle="", wish="")
        return
    common = {
        "step": status.step,
        "total_steps": status.total_steps or row.total_steps,
        "bytes": folder_bytes(run.folder),
        "score": kept_score(run),
        "wish": "",
        "handle": "",
    }
    if status.state in ENDED and status.reason != "device":
        values = _resting(status.state, row.wish) or _told(status)
    elif polled is not None and polled.code == CODES["disk"]:
        set_aside(run, "paused")
        values = _resting("paused", "disk")
    else:
        values = _died(row, run, status)
    change(catalog, row, **{**common, **values})


def _told(status: Status) -> dict[str, Any]:
    message = status.message if status.state in ("failed", "finished", "paused") else ""
    return {"state": status.state, "message": message, "reason": status.reason}


def _resting(state: str, wish: str) -> dict[str, Any]:
    """What to say where the supervisor wished for that; else nothing."""
    message = WHY.get((state, wish))
    return {"state": state, "message": message, "reason": wish} if message else {}


def _died(row: RunRow, run: Run, status: Status) -> dict[str, Any]:
    """No worker, and no word of an end: go on from what was saved, unless that never works."""
    asked = waiting_command(run)
    if asked:  # somebody wanted it to leave, and it has
        state: Literal["paused", "stopped"] = "paused" if asked == "pause" else "stopped"
        set_aside(run, state)
        return _resting(state, row.wish) or {"state": state, "message": "", "reason": ""}
    saved = newest_step(run)
    tries = 1 if saved > row.saved_step else row.tries + 1
    if tries >= TRIES and status.reason == "device":
        return {**_told(status), "tries": tries}
    if tries >= TRIES:
        message = (
            f"The training process died {tries} times at about step {status.step} without saying "
            "why; the machine may be short of memory. What was saved is kept, and Retry goes on "
            "from it."
        )
        return {"state": "failed", "reason": "died", "message": message, "tries": tries}
    message = (
        f"The training process died; it goes on from step {saved} (attempt {tries + 1} of {TRIES})."
    )
    return {
        "state": "recovering",
        "message": message,
        "tries": tries,
        "saved_step": saved,
        "not_before": time.time() + BACK_OFF[tries - 1],
    }


def newest_step(run: Run) -> int:
    """The step of the newest checkpoint; 0 where there is none."""
    found = listed(run.checkpoints)
    return int(found[-1].name.removeprefix("step-")) if found else 0
