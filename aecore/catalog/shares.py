"""Links that show one run to whoever has them: view-only, revocable, ending by themselves."""

from __future__ import annotations

import hashlib
import secrets
import time
from dataclasses import dataclass

from sqlalchemy import delete, insert, select, update

from aecore.catalog.people import Person, ensure, note
from aecore.catalog.rows import RunRow, chosen, row_of
from aecore.catalog.store import Catalog
from aecore.catalog.tables import opened, share
from aecore.catalog.tables import run as runs
from aecore.errors import InputError, UnknownName

DAYS = 14
MOST_DAYS = 365
LONGEST = 100
"""Characters of a token that are looked at."""


@dataclass(frozen=True)
class Share:
    """One link. The token itself is shown once and not kept."""

    id: int
    created: float
    expires: float
    revoked: float | None
    visitors: int

    @property
    def holds(self) -> bool:
        """Whether it still opens the run."""
        return self.revoked is None and self.expires > time.time()


def make_share(catalog: Catalog, person: Person, run: RunRow, days: float = DAYS) -> str:
    """A new link's token, 128 bits; ask `may(person, "share", run)` before.

    Raises InputError for days outside (0, 365].
    """
    if not 0 < days <= MOST_DAYS:
        raise InputError(f"A link holds for up to {MOST_DAYS} days; got {days:g}.")
    token, now = secrets.token_urlsafe(16), time.time()
    with catalog.write() as db:
        values = {"created": now, "expires": now + days * 86400}
        db.execute(insert(share).values(run=run.id, token=_hash(token), **values))
        note(db, person.id, "share", run.id)
    return token


def open_share(catalog: Catalog, person: Person, token: str) -> RunRow:
    """Let a person in by a link. Raises UnknownName where there is none such, or not any more."""
    with catalog.write() as db:
        query = select(share.c.id, share.c.run).where(
            share.c.token == _hash(token[:LONGEST]),
            share.c.revoked.is_(None),
            share.c.expires > time.time(),
        )
        found = db.execute(query).first()
        if found is None or person.role == "nobody":
            raise UnknownName("run", "of this link", ())
        row = row_of(db.execute(chosen().where(runs.c.id == found.run)).one())
        if row.deleted is not None:
            raise UnknownName("run", "of this link", ())
        ensure(db, person.id)
        known = select(opened).where(opened.c.share == found.id, opened.c.person == person.id)
        if db.execute(known).first() is None:
            db.execute(insert(opened).values(share=found.id, person=person.id))
    return row


def revoke(catalog: Catalog, person: Person, run: RunRow, share_id: int) -> None:
    """End a link at once, for those too who came by it before."""
    with catalog.write() as db:
        which = (share.c.id == share_id) & (share.c.run == run.id) & share.c.revoked.is_(None)
        db.execute(update(share).where(which).values(revoked=time.time()))
        note(db, person.id, "revoke", run.id)


def shares_of(catalog: Catalog, run: RunRow) -> list[Share]:
    """All links of a run, newest first."""
    with catalog.read() as db:
        found = db.execute(select(share).where(share.c.run == run.id).order_by(share.c.id.desc()))
        return [
            Share(
                row.id,
                row.created,
                row.expires,
                row.revoked,
                len(db.execute(select(opened).where(opened.c.share == row.id)).all()),
            )
            for row in found
        ]


def forget_old(catalog: Catalog, before: float) -> None:
    """Drop links that ended before then."""
    with catalog.write() as db:
        over = select(share.c.id).where(share.c.expires < before)
        db.execute(delete(opened).where(opened.c.share.in_(over)))
        db.execute(delete(share).where(share.c.expires < before))


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()
