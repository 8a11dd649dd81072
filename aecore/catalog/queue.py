"""The queue: taken in, in which order served, claimed with a lease, given back."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import Connection, Select, bindparam, case, func, select, update

from aecore.catalog.fair import Waiting, order, starts
from aecore.catalog.people import Person, Quotas, note
from aecore.catalog.rows import ACTIVE, WAITING, RunRow, chosen, row_of
from aecore.catalog.store import Catalog, clock
from aecore.catalog.tables import person, run
from aecore.errors import InputError
from aecore.runs.control import leave_command, set_aside
from aecore.runs.status import read_status
from aecore.runs.store import RunStore
from aecore.training import TrainConfig

PATIENCE = 120.0
"""Seconds after which a run that does not fit lets no later one pass."""
LONGEST_WAIT = 60.0
"""No run is put off for longer; where one seems to be, the clock was set back."""
AGAIN = ("paused", "stopped", "interrupted", "failed")
SHELL = "shell"
"""The engine of runs that somebody trains from the command line; they take no slot."""


_QUEUED = case((run.c.state.in_(WAITING) & run.c.deleted.is_(None), 1), else_=0)
_ROOM = select(func.sum(_QUEUED), func.sum(run.c.bytes)).where(run.c.owner == bindparam("who"))
"""How many runs of a person wait, and what all of theirs take of the disk."""


@dataclass(frozen=True)
class Place:
    """Where a run stands in the queue: `ahead` others first, and about when it starts (seconds)."""

    ahead: int
    seconds: float | None


def check_room(db: Connection, who: str, limits: Quotas) -> None:
    """Whether a person may have one more run waiting. Raises InputError with what holds."""
    queued, used = db.execute(_ROOM, {"who": who}).one()
    waiting, used = int(queued or 0), int(used or 0)  # PostgreSQL sums into decimals
    if waiting >= limits.queued:
        raise InputError(
            f"You have {waiting} {'run' if waiting == 1 else 'runs'} waiting already, and "
            f"{limits.queued} may; wait for one to start, or cancel one on the Queue page."
        )
    if used > limits.disk_gb * 1e9:
        raise InputError(
            f"Your runs take {used / 1e9:.2f} GB and {limits.disk_gb:g} GB are yours; delete some "
            "on the Runs page first, and empty the trash there."
        )


def enqueue(catalog: Catalog, row: RunRow, limits: Quotas) -> None:
    """Put a run that rests into the queue: resume and retry alike; twice is harmless.

    Raises InputError where the person has too many waiting already.
    """
    with catalog.write() as db:
        fresh = row_of(db.execute(chosen().where(run.c.id == row.id)).one())
        if fresh.state not in AGAIN:
            return
        check_room(db, row.owner, limits)
        made = RunStore(catalog.root)[row.id]
        values = {"state": "queued", "message": "", "reason": "", "wish": "", "tries": 0,
                  "used_seconds": 0.0, "saved_step": 0}  # fmt: skip
        values["attempt"] = max(fresh.attempt, read_status(made).attempt)  # a shell counts, too
        times = {"queued": time.time(), "not_before": 0.0}
        db.execute(update(run).where(run.c.id == row.id).values(**values, **times))
        set_aside(made, "queued")  # last: what fails before it has changed nothing


def command(catalog: Catalog, who: Person, row: RunRow, action: str, value: float | None) -> None:
    """Pause, stop, restart, or a new learning rate; asking twice is harmless.

    A run that waits leaves the queue at once. Raises InputError for what makes no sense.
    """
    if action == "restart":
        _restart(catalog, row)
    elif action == "pause" and not _leave(catalog, who, row, "paused"):
        leave_command(RunStore(catalog.root)[row.id], "pause")
    elif action == "stop" and not _leave(catalog, who, row, "stopped"):
        leave_command(RunStore(catalog.root)[row.id], "stop")
    elif action == "learning_rate":
        TrainConfig.parse({"learning_rate": value})
        if row.active:
            leave_command(RunStore(catalog.root)[row.id], "learning_rate", value)
    elif action not in ("pause", "stop"):
        raise InputError("The actions are pause, resume, stop, restart and learning_rate.")


def _leave(catalog: Catalog, who: Person, row: RunRow, to: Literal["paused", "stopped"]) -> bool:
    """Take a run out of the queue; False where a worker has it and must be told."""
    with catalog.write() as db:
        fresh = row_of(db.execute(chosen().where(run.c.id == row.id)).one())
        if who.id != row.owner:
            note(db, who.id, to, row.id)
        if fresh.active:
            return False
        resting = to == "stopped" and fresh.state in ("paused", "interrupted")
        if fresh.waiting or resting:
            values = {"state": to, "message": "", "reason": "", "wish": ""}
            db.execute(update(run).where(run.c.id == row.id).values(**values))
            set_aside(RunStore(catalog.root)[row.id], to)
    return True


def _restart(catalog: Catalog, row: RunRow) -> None:
    """Wish that the supervisor puts another worker in the place of one that hangs."""
    with catalog.write() as db:
        where = (run.c.id == row.id) & run.c.state.in_(("stalled", "lost"))
        db.execute(update(run).where(where).values(wish="restart"))


def line(db: Connection) -> list[tuple[RunRow, Waiting]]:
    """All that wait, in the order in which they will be served."""
    rows = [row_of(found) for found in db.execute(_waiting())]
    waiting = [Waiting(r.id, r.owner, r.queued, r.state == "recovering", r.seconds) for r in rows]
    by_id = {row.id: row for row in rows}
    served = dict(db.execute(select(person.c.id, person.c.last_started)).all())
    return [(by_id[each.id], each) for each in order(waiting, _at_work(db), served)]


def places(catalog: Catalog, slots: int) -> dict[str, Place]:
    """Every waiting run's place, by id."""
    with catalog.read() as db:
        queue = [each for _, each in line(db)]
        busy = select(run.c.seconds).where(run.c.state.in_(ACTIVE), run.c.engine != SHELL)
        left = list(db.execute(busy).scalars())
    times = starts(queue, slots, left)
    pairs = zip(queue, times, strict=True)
    return {each.id: Place(ahead, seconds) for ahead, (each, seconds) in enumerate(pairs)}


def claim(
    catalog: Catalog,
    supervisor: str,
    lease: float,
    running: int,
    fits: Callable[[RunRow, list[RunRow]], bool],
) -> RunRow | None:
    """Take the next run that fits, with a lease from that moment on; None where none does.

    Args:
        lease: seconds.
        running: how many runs one person may have at work.
        fits: whether the machine has room for a run beside those at work.
    """
    with catalog.write() as db:
        busy = _active(db)
        now, at_work = time.time(), Counter(row.owner for row in busy if row.engine != SHELL)
        for row, _ in line(db):
            if 0 < row.not_before - now < LONGEST_WAIT or at_work[row.owner] >= running:
                continue
            if fits(row, busy):
                return _take(db, row, supervisor, lease)
            if now - row.queued > PATIENCE:
                break
    return None


def _take(db: Connection, row: RunRow, supervisor: str, lease: float) -> RunRow:
    now = time.time()
    values = {
        "state": "starting",
        "message": "",
        "attempt": row.attempt + 1,
        "engine": "",
        "handle": "",
        "supervisor": supervisor,
        "lease_until": clock(db) + lease,
        "started": now,
    }
    db.execute(update(run).where(run.c.id == row.id).values(**values))
    db.execute(update(person).where(person.c.id == row.owner).values(last_started=now))
    return row_of(db.execute(chosen().where(run.c.id == row.id)).one())


def renew(catalog: Catalog, supervisor: str, lease: float, runs: list[RunRow]) -> None:
    """Hold on to runs whose workers were seen alive."""
    if not runs:
        return
    with catalog.write() as db:
        until = clock(db) + lease
        ids = [row.id for row in runs]
        mine = run.c.id.in_(ids) & run.c.state.in_(ACTIVE)
        db.execute(update(run).where(mine).values(lease_until=until, supervisor=supervisor))


def anyone_waits(catalog: Catalog) -> bool:
    """Whether the queue holds any run."""
    with catalog.read() as db:
        return db.execute(_waiting().limit(1)).first() is not None


def counts(catalog: Catalog) -> tuple[int, int]:
    """How many runs are at work, and how many wait."""
    query = select(run.c.state, func.count()).where(run.c.deleted.is_(None)).group_by(run.c.state)
    with catalog.read() as db:
        found: dict[str, int] = dict(db.execute(query).all())
    return sum(found.get(s, 0) for s in ACTIVE), sum(found.get(s, 0) for s in WAITING)


def active(catalog: Catalog) -> list[RunRow]:
    """All runs that hold a slot or are trained from a shell."""
    with catalog.read() as db:
        return _active(db)


def _active(db: Connection) -> list[RunRow]:
    return [row_of(found) for found in db.execute(chosen().where(run.c.state.in_(ACTIVE)))]


def _waiting() -> Select[Any]:
    return chosen().where(run.c.state.in_(WAITING), run.c.deleted.is_(None))


def _at_work(db: Connection) -> Counter[str]:
    query = select(run.c.owner).where(run.c.state.in_(ACTIVE), run.c.engine != SHELL)
    return Counter(db.execute(query).scalars())
