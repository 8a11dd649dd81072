"""People, runs in the queue and what the catalogue says of them: for the tests of the catalogue."""

from dataclasses import replace

from runs_kit import SMALL
from sqlalchemy import event, update

from aecore.catalog import queue
from aecore.catalog.people import LAPTOP, Person, Quotas
from aecore.catalog.rows import RunRow
from aecore.catalog.runs import get
from aecore.catalog.store import Catalog
from aecore.catalog.submit import submit
from aecore.catalog.tables import run
from aecore.runs import Cost, Run, RunSpec, RunStore

ANNA, BEN = Person("anna", "member"), Person("ben", "member")
DAY = 86400.0
COST = Cost(parameters=100, code_size=2, pixels=64, train_images=100, steps=32, memory=10**6)
"""What a small run costs; to count it anew for each takes longer than all the rest."""


def enter(catalog: Catalog, who: Person = ANNA, limits: Quotas = LAPTOP, **named) -> Run:
    """A new small run that waits."""
    cost = named.pop("cost", COST)
    spec = RunSpec.from_flat({**SMALL, **named.pop("flat", {})})
    return submit(catalog, who, spec, limits, cost=cost, **named)


def row(catalog: Catalog, made: Run | RunRow) -> RunRow:
    """The row of a run, which is there."""
    found = get(catalog, made.id)
    assert found is not None
    return found


def put(catalog: Catalog, made: Run | RunRow, **values) -> RunRow:
    """Write columns of a run, whatever stands there."""
    with catalog.write() as db:
        db.execute(update(run).where(run.c.id == made.id).values(**values))
    return row(catalog, made)


def report(made: Run | RunRow, **values) -> None:
    """Write status values into a run's folder, as its worker does."""
    database = RunStore()[made.id].database()
    database.set_status(values)
    database.close()


def claim(catalog: Catalog, running: int = 1000, fits=lambda row, busy: True) -> RunRow | None:
    """Take the next run, as a supervisor with endless room does."""
    return queue.claim(catalog, "test", 15.0, running, fits)


def limits(**values) -> Quotas:
    """A laptop's quotas, except these."""
    return LAPTOP.model_copy(update=values)


def comparable(found: RunRow) -> RunRow:
    """A row without what its folder does not tell, or tells by another measure."""
    untold = {"seconds": None, "total_steps": 0, "memory": 0, "gpu_memory": 0, "bytes": 0}
    return replace(found, **untold, created=0.0, queued=0.0)


class Failing:
    """While the context is open, the nth statement of a catalogue fails; `left` tells whether."""

    def __init__(self, catalog: Catalog, number: int) -> None:
        self.engine = catalog.engine
        self.left = number

    def __enter__(self) -> "Failing":
        event.listen(self.engine, "before_cursor_execute", self._count)
        return self

    def __exit__(self, *_: object) -> None:
        event.remove(self.engine, "before_cursor_execute", self._count)

    def _count(self, *values: object) -> None:
        self.left -= 1
        if self.left == 0:
            raise self.engine.dialect.dbapi.OperationalError("disk I/O error")
