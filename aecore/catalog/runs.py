"""Runs in the catalogue: taken in, found, listed, described, deleted and brought back."""

from __future__ import annotations

import json
import shutil
import time
from contextlib import suppress
from dataclasses import replace
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    bindparam,
    delete,
    func,
    insert,
    or_,
    select,
    update,
)

from aecore.catalog.people import Person, ensure, note
from aecore.catalog.rows import RunRow, chosen, row_of
from aecore.catalog.store import Catalog
from aecore.catalog.tables import opened, run, share
from aecore.runs.about import About, clean_text, read_about, write_about
from aecore.runs.store import Run, RunStore

TRASH_DAYS = 7


def add(db: Connection, made: Run, owner: str, about: About, **values: Any) -> None:
    """Take a run's folder into the catalogue; `values` are further columns."""
    ensure(db, owner)
    own = {"id": made.id, "owner": owner, "created": time.time(), "state": "queued"}
    spec = {"dataset": made.spec.dataset, "variant": made.spec.variant, "demo": about.demo}
    db.execute(insert(run), {**own, **spec, **_described(about), **values})


def get(catalog: Catalog, run_id: str) -> RunRow | None:
    """The row of a run, whoever asks; pages use `access.find`."""
    with catalog.read() as db:
        found = db.execute(chosen().where(run.c.id == run_id)).first()
        return None if found is None else row_of(found)


def change(catalog: Catalog, row: RunRow, **values: Any) -> bool:
    """Write columns of a run, unless a later attempt has begun meanwhile."""
    with catalog.write() as db:
        same = (run.c.id == row.id) & (run.c.attempt == row.attempt)
        return db.execute(update(run).where(same).values(**values)).rowcount == 1


def demo(catalog: Catalog) -> RunRow | None:
    """The demonstration run, where it is still there."""
    query = chosen().where(run.c.demo, run.c.deleted.is_(None)).order_by(run.c.created)
    with catalog.read() as db:
        found = db.execute(query.limit(1)).first()
        return None if found is None else row_of(found)


def listed(
    catalog: Catalog,
    owner: str | None,
    *,
    words: str = "",
    states: tuple[str, ...] = (),
    deleted: bool = False,
    limit: int = 1000,
    offset: int = 0,
) -> list[RunRow]:
    """Runs, newest first.

    Args:
        owner: whose; None for everybody's.
        words: all of these must be in name, note, tags, data set, variant, state or id.
        states: only in these states; empty for any.
        deleted: those in the trash instead.
        limit, offset: so many, after leaving out so many.
    """
    asked = _asked(owner, words, states, deleted)
    newest = chosen().where(*asked).order_by(run.c.created.desc(), run.c.id.desc())
    with catalog.read() as db:
        return [row_of(each) for each in db.execute(newest.limit(limit).offset(offset))]


def how_many(
    catalog: Catalog,
    owner: str | None,
    *,
    words: str = "",
    states: tuple[str, ...] = (),
    deleted: bool = False,
) -> int:
    """How many runs `listed` would give without a limit."""
    query = select(func.count()).select_from(run).where(*_asked(owner, words, states, deleted))
    with catalog.read() as db:
        return int(db.execute(query).scalar_one())


def _asked(
    owner: str | None, words: str, states: tuple[str, ...], deleted: bool
) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = [
        run.c.deleted.is_not(None) if deleted else run.c.deleted.is_(None)
    ]
    if owner is not None:
        conditions.append(run.c.owner == owner)
    if states:
        conditions.append(run.c.state.in_(states))
    return [*conditions, *(_mentions(word) for word in clean_text(words, 400).split()[:10])]


def _mentions(word: str) -> ColumnElement[bool]:
    places = (run.c.name, run.c.note, run.c.tags, run.c.dataset, run.c.variant, run.c.state)
    here = (place.icontains(word, autoescape=True) for place in places)
    return or_(*here, run.c.id.endswith(word.lower(), autoescape=True))


def describe(
    catalog: Catalog,
    row: RunRow,
    *,
    name: str | None = None,
    note: str | None = None,
    tags: tuple[str, ...] | None = None,
) -> RunRow:
    """Give a run another name, note or tags, in the catalogue and in its folder."""
    made = RunStore(catalog.root)[row.id]
    given: dict[str, Any] = {"name": name, "note": note, "tags": tags}
    with catalog.write() as db:
        about = replace(read_about(made), **{k: v for k, v in given.items() if v is not None})
        db.execute(update(run).where(run.c.id == row.id).values(**_described(about)))
        write_about(made, about)  # last: what fails before it has changed nothing
    return replace(row, name=about.name, note=about.note, tags=about.tags)


def _described(about: About) -> dict[str, str]:
    return {
        "name": about.name,
        "note": about.note,
        "tags": json.dumps(list(about.tags), ensure_ascii=False),
    }


def trash(catalog: Catalog, person: Person, row: RunRow) -> None:
    """Put a run into the trash, where it stays for seven days; stop it before."""
    with catalog.write() as db:
        db.execute(update(run).where(run.c.id == row.id).values(deleted=time.time()))
        note(db, person.id, "delete", row.id)


def restore(catalog: Catalog, person: Person, row: RunRow) -> None:
    """Take a run out of the trash."""
    with catalog.write() as db:
        db.execute(update(run).where(run.c.id == row.id).values(deleted=None))
        note(db, person.id, "restore", row.id)


def purge(catalog: Catalog, row: RunRow) -> None:
    """Delete a run for good. Its folder is hidden first: broken off, it does not come back."""
    folder = RunStore(catalog.root).root / row.id
    hidden = folder.with_name(f".{row.id}")
    with suppress(OSError):  # it was deleted by hand, or the disk does not take even that
        folder.rename(hidden)
    with catalog.write() as db:
        forget(db, row.id)
    for left in (hidden, folder):
        shutil.rmtree(left, ignore_errors=True)


def forget(db: Connection, run_id: str) -> None:
    """Drop a run's row and its links."""
    for statement in _FORGET:
        db.execute(statement, {"gone": run_id})


_SHARES = select(share.c.id).where(share.c.run == bindparam("gone"))
DROP_ROW = delete(run).where(run.c.id == bindparam("gone"))
"""For a run that nobody can have shared yet; else `forget`."""
_FORGET = (
    delete(opened).where(opened.c.share.in_(_SHARES)),
    delete(share).where(share.c.run == bindparam("gone")),
    DROP_ROW,
)
