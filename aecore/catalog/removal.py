"""How an own data set goes for good, and with it all that shows its samples.

Of runs that were trained on it stay the model, the curves and the figures. The pictures and codes
of samples in their folders go, and so do all maps and reports that tell of it, whosoever's they
are. What is made meanwhile goes when it is put in place (`Desk.put`), or at the next `bury`.
"""

from __future__ import annotations

import shutil
from contextlib import suppress

from aecore.catalog.data import DataRow, folder_of_all, forget
from aecore.catalog.people import Person, note
from aecore.catalog.queue import command
from aecore.catalog.rows import RunRow, chosen, row_of
from aecore.catalog.store import Catalog
from aecore.catalog.tables import run
from aecore.datasets.own import ABOUT, ID, PREFIX, SAMPLES, own
from aecore.errors import AecoreError, StoreError
from aecore.runs.files import json_bytes, write
from aecore.runs.store import RunStore


def remove(catalog: Catalog, person: Person, row: DataRow) -> None:
    """Delete a data set for good, at once. Raises StoreError where the disk refuses.

    Runs on it that wait or train are stopped. All that name it stay; for them the form of its
    samples is kept, and nothing of their content.
    """
    folder, runs = folder_of_all(catalog) / row.id, _runs_on(catalog, row.name)
    for each in runs:
        if each.waiting or each.active:
            with suppress(AecoreError):  # its folder is gone
                command(catalog, person, each, "stop", None)
    try:
        if runs:
            write(folder / ABOUT, json_bytes(own(row.name).about.emptied().to_json()))
            (folder / SAMPLES).unlink(missing_ok=True)
        elif folder.exists():
            hidden = folder.with_name(f".{row.id}")  # broken off, it does not come back
            folder.rename(hidden)
            shutil.rmtree(hidden)
        _forget_pictures(catalog, row.name, runs)
    except OSError as error:
        raise StoreError(
            f"The data set could not be deleted wholly ({error.strerror}); try again."
        ) from error
    with catalog.write() as db:
        forget(db, row.id)
        note(db, person.id, "delete data", row.id)


def bury(catalog: Catalog, number: str) -> None:
    """End a deletion that was broken off; what was kept for runs goes with the last of them."""
    folder, runs = folder_of_all(catalog) / number, _runs_on(catalog, f"{PREFIX}{number}")
    with suppress(OSError):
        (folder / SAMPLES).unlink(missing_ok=True)
        _forget_pictures(catalog, f"{PREFIX}{number}", runs)
    if not runs:
        shutil.rmtree(folder, ignore_errors=True)


def bury_all(catalog: Catalog) -> None:
    """The same for every data set that was deleted while runs named it."""
    root = folder_of_all(catalog)
    for path in sorted(root.iterdir()) if root.is_dir() else []:
        with suppress(AecoreError):  # what cannot be read is left alone
            if ID.fullmatch(path.name) and own(f"{PREFIX}{path.name}").about.deleted:
                bury(catalog, path.name)


def _runs_on(catalog: Catalog, name: str) -> list[RunRow]:
    """Those in the trash included."""
    with catalog.read() as db:
        return [row_of(each) for each in db.execute(chosen().where(run.c.dataset == name))]


def _forget_pictures(catalog: Catalog, name: str, runs: list[RunRow]) -> None:
    from aecore.maps.shelf import Shelf  # slow to import, as is the other
    from aecore.reports.shelf import ReportShelf

    for each in runs:
        for path in (RunStore(catalog.root).root / each.id / "snapshots").glob("*"):
            path.unlink(missing_ok=True)
    for desk in (Shelf(catalog.root), ReportShelf(catalog.root)):
        desk.drop_of(name, [each.id for each in runs])
