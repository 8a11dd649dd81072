"""What people have and do in figures: for quotas as meters, and for the Admin page."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import case, func, select

from aecore.catalog.rows import ACTIVE, WAITING, RunRow, chosen, row_of
from aecore.catalog.store import Catalog
from aecore.catalog.tables import person, run

_HERE = run.c.deleted.is_(None)
_RUNS = func.sum(case((_HERE, 1), else_=0))
_RUNNING = func.sum(case((run.c.state.in_(ACTIVE), 1), else_=0))
_WAITING = func.sum(case((run.c.state.in_(WAITING) & _HERE, 1), else_=0))
_BYTES = func.sum(run.c.bytes)


@dataclass(frozen=True)
class Usage:
    """Runs of one person, those at work, those that wait, and bytes with the trash included."""

    runs: int
    running: int
    waiting: int
    bytes: int


@dataclass(frozen=True)
class Member:
    """One person as an administrator sees them. last_seen: seconds since 1970."""

    id: str
    label: str
    last_seen: float
    administers: bool
    usage: Usage


def usage(catalog: Catalog, owner: str) -> Usage:
    """What one person has and does."""
    query = select(_RUNS, _RUNNING, _WAITING, _BYTES).where(run.c.owner == owner)
    with catalog.read() as db:
        return _usage(*db.execute(query).one())


def _usage(*values: int | None) -> Usage:
    return Usage(*(int(value or 0) for value in values))


def members(catalog: Catalog, now: float, limit: int = 500) -> list[Member]:
    """Everybody who ever kept something here, last seen first.

    Args:
        now: seconds since 1970; who is administrator then.
    """
    about = (person.c.id, person.c.label, person.c.last_seen, person.c.admin_until)
    query = (
        select(*about, _RUNS, _RUNNING, _WAITING, _BYTES)
        .outerjoin(run, run.c.owner == person.c.id)
        .group_by(*about)
        .order_by(person.c.last_seen.desc(), person.c.id)
        .limit(limit)
    )
    with catalog.read() as db:
        return [
            Member(who, label, seen, until > now, _usage(*counts))
            for who, label, seen, until, *counts in db.execute(query)
        ]


def troubled(catalog: Catalog, limit: int = 50) -> list[RunRow]:
    """The newest runs of anybody that failed, or whose worker died and that go on."""
    query = chosen().where(run.c.state.in_(("failed", "recovering")), _HERE)
    with catalog.read() as db:
        found = db.execute(query.order_by(run.c.created.desc()).limit(limit))
        return [row_of(each) for each in found]
