"""A new run enters: folder first, then the row that makes it wait in the queue."""

from __future__ import annotations

import shutil
from dataclasses import replace
from threading import BoundedSemaphore
from time import time

from sqlalchemy import func, select

from aecore.catalog.data import check_use
from aecore.catalog.people import OWNER, Person, Quotas
from aecore.catalog.queue import check_room
from aecore.catalog.runs import DROP_ROW, add
from aecore.catalog.store import Catalog
from aecore.catalog.tables import run
from aecore.errors import InputError
from aecore.runs.about import About
from aecore.runs.checks import Cost, check_total, estimate
from aecore.runs.disk import check_disk
from aecore.runs.spec import RunSpec
from aecore.runs.store import Run, RunStore


def submit(
    catalog: Catalog,
    who: Person,
    spec: RunSpec,
    limits: Quotas,
    *,
    cost: Cost | None = None,
    seconds: float | None = None,
    about: About | None = None,
) -> Run:
    """Make a run and have it wait for a worker.

    Args:
        cost: what `estimate(spec)` said, where it was asked already.
        seconds: how long training will take, where that was measured.

    Raises UnknownName where the data set is somebody else's; InputError where the settings cannot
    work, the person's quotas do not allow them or the disk is nearly full; StoreError where the
    disk refuses. Nothing is left then.
    """
    check_use(catalog, who, spec.dataset)
    cost = cost or estimate(spec)
    check_quotas(spec, cost, limits)
    store = RunStore(catalog.root)
    check_disk(store.root)
    about = replace(about or About(), owner=who.id)
    with _GATE:
        made = store.create(spec, about=about, demo=about.demo)
        try:
            _enter(catalog, made, who, limits, cost, seconds, about)
        except BaseException:
            shutil.rmtree(made.folder, ignore_errors=True)  # a reindex drops a row that it has
            raise
    return made


_GATE = BoundedSemaphore(2)
"""A hundred threads that enter at once hold each other up: two at a time are a quarter faster."""


def check_quotas(spec: RunSpec, cost: Cost, limits: Quotas) -> None:
    """Whether one run of this size is allowed, and fits into the machine. Raises InputError."""
    check_total(cost)
    if cost.parameters > limits.parameters:
        raise InputError(
            f"This network has {cost.parameters:,} parameters and {limits.parameters:,} are "
            "allowed here; choose a smaller width, depth or code size."
        )
    if spec.training.epochs > limits.epochs:
        raise InputError(
            f"This asks for {spec.training.epochs:,} epochs and {limits.epochs:,} are allowed "
            "here; choose fewer."
        )


def _enter(
    catalog: Catalog,
    made: Run,
    who: Person,
    limits: Quotas,
    cost: Cost,
    seconds: float | None,
    about: About,
) -> None:
    needs = {"memory": cost.memory, "gpu_memory": cost.gpu_memory}
    threads = made.spec.training.threads
    with catalog.write() as db:
        # A supervisor that starts just now may have met the folder before us.
        db.execute(DROP_ROW, {"gone": made.id})
        check_room(db, who.id, limits)
        times = {"queued": time(), "seconds": seconds, "total_steps": cost.steps}
        add(db, made, who.id, about, **needs, **times, threads=threads)


def is_empty(catalog: Catalog, owner: str = OWNER) -> bool:
    """Whether a person has no run at all, those in the trash included."""
    with catalog.read() as db:
        return db.execute(select(func.count()).where(run.c.owner == owner)).scalar_one() == 0
