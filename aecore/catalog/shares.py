"""Links that show one run to whoever has them."""

from __future__ import annotations

from aecore.catalog.links import DAYS, Links, Share
from aecore.catalog.people import Person, note
from aecore.catalog.rows import RunRow, chosen, row_of
from aecore.catalog.store import Catalog
from aecore.catalog.tables import opened, share
from aecore.catalog.tables import run as runs
from aecore.errors import UnknownName

RUN_LINKS = Links(share, opened, "run")


def make_share(catalog: Catalog, person: Person, run: RunRow, days: float = DAYS) -> str:
    """A new link's token, 128 bits; ask `may(person, "share", run)` before.

    Raises InputError for days outside (0, 365].
    """
    with catalog.write() as db:
        token = RUN_LINKS.make(db, run.id, days)
        note(db, person.id, "share", run.id)
    return token


def open_share(catalog: Catalog, person: Person, token: str) -> RunRow:
    """Let a person in by a link. Raises UnknownName where there is none such, or not any more."""
    with catalog.write() as db:
        found = RUN_LINKS.follow(db, token)
        if found is None or person.role == "nobody":
            raise UnknownName("run", "of this link", ())
        link, run_id = found
        row = row_of(db.execute(chosen().where(runs.c.id == run_id)).one())
        if row.deleted is not None:
            raise UnknownName("run", "of this link", ())
        RUN_LINKS.let_in(db, link, person.id)
    return row


def revoke(catalog: Catalog, person: Person, run: RunRow, share_id: int) -> None:
    """End a link at once, for those too who came by it before."""
    with catalog.write() as db:
        RUN_LINKS.revoke(db, run.id, share_id)
        note(db, person.id, "revoke", run.id)


def shares_of(catalog: Catalog, run: RunRow) -> list[Share]:
    """All links of a run, newest first."""
    with catalog.read() as db:
        return RUN_LINKS.of(db, run.id)
