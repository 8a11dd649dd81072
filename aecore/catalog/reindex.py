"""Builds rows from the run folders: for older stores, for copies, for a lost catalogue."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from aecore.catalog.people import OWNER
from aecore.catalog.queue import SHELL
from aecore.catalog.reindex_data import reindex_data
from aecore.catalog.rows import OVER
from aecore.catalog.runs import add, forget
from aecore.catalog.store import Catalog
from aecore.catalog.tables import run
from aecore.errors import AecoreError, InputError
from aecore.runs.about import read_about
from aecore.runs.checks import estimate
from aecore.runs.disk import folder_bytes
from aecore.runs.evaluate import kept_score
from aecore.runs.status import Status, status_of
from aecore.runs.store import Run, RunStore


@dataclass(frozen=True)
class Reindexed:
    """Ids of the runs that were taken in, that lost their folder, and that cannot be read, and of
    the data sets that were taken in."""

    added: tuple[str, ...]
    gone: tuple[str, ...]
    unreadable: tuple[str, ...]
    data: tuple[str, ...] = ()


def reindex(catalog: Catalog) -> Reindexed:
    """Take in every folder that has no row, and drop every row that has no folder.

    Where the folder of all runs is missing, so is a disk, and no row is dropped.
    """
    store = RunStore(catalog.root)
    folders = {each.id: each for each in store}
    with catalog.read() as db:
        known = set(db.execute(select(run.c.id)).scalars())
    added, unreadable = [], []
    for new in sorted(folders.keys() - known):
        try:
            take_in(catalog, folders[new])
            added.append(new)
        except AecoreError:
            unreadable.append(new)
    missing = sorted(known - folders.keys()) if store.root.is_dir() else []
    gone = [lost for lost in missing if _drop(catalog, store, lost)]
    data = reindex_data(catalog)
    return Reindexed(tuple(added), tuple(gone), tuple(unreadable), data)


def _drop(catalog: Catalog, store: RunStore, run_id: str) -> bool:
    """Forget a run whose folder is nowhere, unless it was made this very moment."""
    if (store.root / run_id).exists():
        return False
    with catalog.write() as db:
        forget(db, run_id)
    return True


def told_by_folder(made: Run, status: Status) -> dict[str, Any]:
    """What the catalogue copies of any run's folder, whatever its state."""
    return {
        "reason": status.reason,
        "step": status.step,
        "total_steps": status.total_steps,
        "attempt": status.attempt,
        "score": kept_score(made),
        "bytes": folder_bytes(made.folder),
    }


def take_in(catalog: Catalog, made: Run, owner: str = "") -> None:
    """One row from one folder; a run that trains stays at work, one that waited waits again.

    One that has a row by now keeps it. Raises InputError or StoreError where it cannot be read.
    """
    about, (status, engine) = read_about(made), _status(made)
    values: dict[str, Any] = {
        "engine": engine,
        "created": status.created,
        "state": status.state,
        "message": status.message if status.state in OVER else "",
        "queued": status.created,
        **told_by_folder(made, status),
    }
    try:
        cost = estimate(made.spec)
        values |= {"memory": cost.memory, "gpu_memory": cost.gpu_memory}
    except InputError:  # it cannot be trained by this version, and looked at all the same
        values["state"] = status.state if status.state in OVER else "interrupted"
    who = owner or about.owner or OWNER
    threads = made.spec.training.threads
    with catalog.write() as db:
        if db.execute(select(run.c.id).where(run.c.id == made.id)).first() is None:
            add(db, made, who, about, **values, threads=threads)


def _status(made: Run) -> tuple[Status, str]:
    """Where a run stands, and the engine; a worker that no engine started is a shell's."""
    database = made.database()
    try:
        raw = database.status()
    finally:
        database.close()
    status = status_of(made, raw)
    return status, SHELL if status.live and not raw.get("managed") else ""
