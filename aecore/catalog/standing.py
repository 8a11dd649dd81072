"""Where a run stands, told from both sides: the queue's word and the worker's."""

from __future__ import annotations

from dataclasses import replace

from aecore.catalog.queue import SHELL, Place
from aecore.catalog.rows import ACTIVE, WAITING, RunRow
from aecore.runs.database import Database
from aecore.runs.status import LIVE, Status, plain_sentence, read_status
from aecore.runs.store import Run

OF_THE_SUPERVISOR = (*WAITING, "stalled", "lost")
"""States that no worker can know of."""


def standing(
    row: RunRow, run: Run, database: Database | None = None, place: Place | None = None
) -> Status:
    """The status that pages show of a run.

    Args:
        place: of a run that waits, as `queue.places` gives it.

    The queue has the word while a run waits or its worker is away; else what the worker wrote
    last, which is newer than the catalogue's copy of it.
    """
    told = read_status(run, database, believe_beat=True)
    if row.state in OF_THE_SUPERVISOR:
        return _with(told, row, row.message or _waiting(row, place))
    if row.state in ACTIVE and row.engine != SHELL:
        if told.attempt < row.attempt:  # claimed, and its worker is on its way
            return replace(told, state="starting", message="Getting ready.", seconds_left=None)
        if told.state == "interrupted":  # the supervisor is about to notice, too
            message = f"The training process died; it goes on from step {told.step} in a moment."
            return replace(told, state="recovering", message=message)
    elif row.state not in ACTIVE and told.state in (*LIVE, "interrupted", "queued"):
        return _with(told, row, row.message)
    if row.message and row.state == told.state:
        return replace(told, message=row.message)
    return told


def _with(told: Status, row: RunRow, message: str) -> Status:
    return replace(
        told,
        state=row.state,
        seconds_left=None,
        images_per_second=0.0,
        reason=row.reason or told.reason,
        message=message or plain_sentence(row.state, told.step),
    )


def _waiting(row: RunRow, place: Place | None) -> str:
    if row.state != "queued" or place is None:
        return ""
    if place.ahead == 0:
        where = "Next in the queue"
    else:
        where = f"{place.ahead} {'run' if place.ahead == 1 else 'runs'} ahead in the queue"
    if place.seconds is None:
        return f"{where}; when it starts depends on runs whose time is not known."
    if place.seconds < 5:
        return f"{where}; starts in a moment."
    return f"{where}; starts in about {_time(place.seconds)}."


def _time(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 90 else f"{seconds / 60:.0f} min"
