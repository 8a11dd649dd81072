"""Links that show one thing to whoever has them: view-only, revocable, ending by themselves."""

from __future__ import annotations

import hashlib
import secrets
import time
from dataclasses import dataclass
from typing import NamedTuple

from sqlalchemy import Connection, Table, delete, func, insert, select, update

from aecore.catalog.people import ensure
from aecore.errors import InputError

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
        """Whether it still opens anything."""
        return self.revoked is None and self.expires > time.time()


class Links(NamedTuple):
    """The links of one sort of thing: their table, who came by them, and the column that names
    what each shows."""

    share: Table
    opened: Table
    shows: str

    def make(self, db: Connection, what: str, days: float) -> str:
        """A new link's token, 128 bits. Raises InputError for days outside (0, 365]."""
        if not 0 < days <= MOST_DAYS:
            raise InputError(f"A link holds for up to {MOST_DAYS} days; got {days:g}.")
        token, now = secrets.token_urlsafe(16), time.time()
        values = {self.shows: what, "created": now, "expires": now + days * 86400}
        db.execute(insert(self.share).values(token=_hash(token), **values))
        return token

    def follow(self, db: Connection, token: str) -> tuple[int, str] | None:
        """A link that still holds, and what it shows; None where there is none such."""
        share = self.share.c
        query = select(share.id, share[self.shows]).where(
            share.token == _hash(token[:LONGEST]),
            share.revoked.is_(None),
            share.expires > time.time(),
        )
        found = db.execute(query).first()
        return None if found is None else (found[0], found[1])

    def let_in(self, db: Connection, link: int, who: str) -> None:
        """Remember that a person came by a link."""
        ensure(db, who)
        opened = self.opened.c
        known = select(opened.share).where(opened.share == link, opened.person == who)
        if db.execute(known).first() is None:
            db.execute(insert(self.opened).values(share=link, person=who))

    def open_to(self, db: Connection, who: str) -> set[str]:
        """What a person came to by links that still hold."""
        share, opened = self.share.c, self.opened.c
        query = (
            select(share[self.shows])
            .join(self.opened, opened.share == share.id)
            .where(opened.person == who, share.revoked.is_(None), share.expires > time.time())
        )
        return set(db.execute(query).scalars())

    def revoke(self, db: Connection, what: str, link: int) -> None:
        """End a link at once, for those too who came by it before."""
        share = self.share.c
        which = (share.id == link) & (share[self.shows] == what) & share.revoked.is_(None)
        db.execute(update(self.share).where(which).values(revoked=time.time()))

    def of(self, db: Connection, what: str) -> list[Share]:
        """All links to one thing, newest first."""
        share, opened = self.share.c, self.opened.c
        visitors = (
            select(func.count()).where(opened.share == share.id).correlate(self.share)
        ).scalar_subquery()
        columns = (share.id, share.created, share.expires, share.revoked, visitors)
        query = select(*columns).where(share[self.shows] == what).order_by(share.id.desc())
        return [Share(*row) for row in db.execute(query)]

    def forget(self, db: Connection, what: str) -> None:
        """Drop all links to one thing."""
        share = self.share.c
        which = select(share.id).where(share[self.shows] == what)
        db.execute(delete(self.opened).where(self.opened.c.share.in_(which)))
        db.execute(delete(self.share).where(share[self.shows] == what))

    def forget_old(self, db: Connection, before: float) -> None:
        """Drop links that ended before then."""
        over = select(self.share.c.id).where(self.share.c.expires < before)
        db.execute(delete(self.opened).where(self.opened.c.share.in_(over)))
        db.execute(delete(self.share).where(self.share.c.expires < before))


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()
