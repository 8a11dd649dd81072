"""Runs that somebody trains from the command line: known to the catalogue, beside the queue."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import update

from aecore.catalog.people import OWNER
from aecore.catalog.queue import SHELL
from aecore.catalog.reindex import take_in, told_by_folder
from aecore.catalog.rows import ACTIVE
from aecore.catalog.runs import get
from aecore.catalog.store import Catalog
from aecore.catalog.tables import run
from aecore.errors import InputError
from aecore.runs.status import read_status
from aecore.runs.store import Run


@contextmanager
def shell_run(catalog: Catalog, made: Run) -> Iterator[None]:
    """Have the catalogue say that this process trains a run, and afterwards how it ended.

    It takes no slot of the queue, and leaves the queue if it waited there. Raises InputError
    where the supervisor has given the run to a worker.
    """
    _begin(catalog, made)
    try:
        yield
    finally:
        end_shell(catalog, made)


def _begin(catalog: Catalog, made: Run) -> None:
    if get(catalog, made.id) is None:
        take_in(catalog, made, OWNER)
    values = {"state": "starting", "engine": SHELL, "message": "", "reason": "", "deleted": None}
    free = (run.c.id == made.id) & (run.c.state.not_in(ACTIVE) | (run.c.engine == SHELL))
    with catalog.write() as db:
        if db.execute(update(run).where(free).values(**values)).rowcount == 0:
            raise InputError(
                f"Run {made.id} is being trained by another process; pause it there first."
            )


def end_shell(catalog: Catalog, made: Run) -> None:
    """Write how a run of a shell stands; also for one whose shell is gone."""
    status = read_status(made)
    values = {
        # A shell that never began is no reason for a worker to begin.
        "state": "interrupted" if status.state == "queued" else status.state,
        "message": status.message,
        **told_by_folder(made, status),
    }
    own = (run.c.id == made.id) & (run.c.engine == SHELL)  # else a worker has taken over
    with catalog.write() as db:
        db.execute(update(run).where(own).values(**values))
