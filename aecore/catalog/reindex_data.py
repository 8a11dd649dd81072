"""Builds the rows of own data sets from their folders, and ends what was broken off."""

from __future__ import annotations

from contextlib import suppress

from sqlalchemy import select

from aecore.catalog.data import enter, folder_of_all, forget, row_of
from aecore.catalog.removal import bury
from aecore.catalog.store import Catalog
from aecore.catalog.tables import dataset
from aecore.datasets.own import ID, PREFIX, SAMPLES, own
from aecore.errors import InputError


def reindex_data(catalog: Catalog) -> tuple[str, ...]:
    """Take in every folder that has no row; ids of these. Rows without their folder go.

    Where the folder of all data sets is missing, so may be a disk, and no row is dropped.
    """
    root = folder_of_all(catalog)
    if not root.is_dir():
        return ()
    with catalog.read() as db:
        known = set(db.execute(select(dataset.c.id)).scalars())
    here = {path.name for path in root.iterdir() if ID.fullmatch(path.name)}
    added = []
    for number in sorted(here):
        with suppress(InputError):  # what cannot be read is left alone
            about = own(f"{PREFIX}{number}").about
            if about.deleted:
                bury(catalog, number)
                here.discard(number)
            elif number not in known:
                with catalog.write() as db:
                    enter(db, row_of(number, about))
                added.append(number)
    for lost in known - here:
        if not (root / lost / SAMPLES).exists():
            with catalog.write() as db:
                forget(db, lost)
    return tuple(added)
