"""The one question that every page and route asks: may this person do this to this run?"""

from __future__ import annotations

import time
from typing import Literal, get_args

from sqlalchemy import bindparam, select

from aecore.catalog.people import Person
from aecore.catalog.rows import RunRow, chosen, row_of
from aecore.catalog.store import Catalog
from aecore.catalog.tables import opened, share
from aecore.catalog.tables import run as runs
from aecore.errors import UnknownName
from aecore.runs.store import ID

Action = Literal[
    "view",  # its page, curves, images, figures
    "duplicate",  # open the form with its settings
    "control",  # pause, stop, resume, retry, learning rate
    "edit",  # name, tags, note
    "export",
    "share",  # make and revoke links
    "delete",
    "restore",
]
ACTIONS: tuple[Action, ...] = get_args(Action)
OF_EVERYBODY: tuple[Action, ...] = ("view", "duplicate")
"""The demonstration run is there to be looked at."""
OF_A_LINK: tuple[Action, ...] = ("view", "duplicate")
OF_AN_ADMIN: tuple[Action, ...] = ("view", "control", "delete")


def may(person: Person, action: Action, run: RunRow, *, linked: bool = False) -> bool:
    """Whether a person may do something to a run.

    Args:
        linked: whether the person came by a share link of this run that still holds.
    """
    if run.demo and run.deleted is None and action in OF_EVERYBODY:
        return True
    if person.role == "nobody":
        return False
    own = person.role == "owner" or person.id == run.owner
    if run.deleted is not None:
        return own and action == "restore"
    if action == "restore":
        return False
    if own:
        return True
    if person.role == "admin" and action in OF_AN_ADMIN:
        return True
    return linked and action in OF_A_LINK


def find(catalog: Catalog, person: Person, run_id: str, action: Action = "view") -> RunRow:
    """The row of a run that a person may do this to.

    Raises UnknownName, in the same words, for a run that is not there and one that is not
    theirs.
    """
    if ID.fullmatch(run_id):
        with catalog.read() as db:
            found = db.execute(_ONE, {"id": run_id}).first()
        row = None if found is None else row_of(found)
        if row is not None and may(person, action, row):
            return row
        # Looked up for an unknown run too, so that both refusals take the same time.
        linked = _linked(catalog, person, run_id)
        if row is not None and may(person, action, row, linked=linked):
            return row
    raise UnknownName("run", run_id, ())


_ONE = chosen().where(runs.c.id == bindparam("id"))


def _linked(catalog: Catalog, person: Person, run_id: str) -> bool:
    """Whether the person came by a link to the run that is neither revoked nor over."""
    query = (
        select(share.c.id)
        .join(opened, opened.c.share == share.c.id)
        .where(
            share.c.run == run_id,
            opened.c.person == person.id,
            share.c.revoked.is_(None),
            share.c.expires > time.time(),
        )
    )
    with catalog.read() as db:
        return db.execute(query).first() is not None
