"""An archive that a person brings becomes a run of theirs, within what is theirs of the disk."""

from __future__ import annotations

import shutil
from pathlib import Path

from aecore.catalog.data import check_use
from aecore.catalog.overview import usage
from aecore.catalog.people import Person, Quotas
from aecore.catalog.reindex import take_in
from aecore.catalog.store import Catalog
from aecore.errors import InputError
from aecore.runs.archive import MOST_BYTES, import_run
from aecore.runs.disk import check_disk
from aecore.runs.store import Run, RunStore


def bring_in(catalog: Catalog, who: Person, archive: Path, limits: Quotas) -> Run:
    """Take an archive in as a new run of a person, in the store and in the catalogue.

    Raises InputError for whatever is no run's archive, for a person without room left and for a
    disk that is nearly full; StoreError where the disk refuses. Nothing is left then.
    """
    store = RunStore(catalog.root)
    check_disk(store.root)
    left = limits.disk_gb * 1e9 - usage(catalog, who.id).bytes
    if left < archive.stat().st_size:
        raise InputError(
            f"Your runs take {limits.disk_gb - left / 1e9:.2f} GB of the {limits.disk_gb:g} GB "
            "that are yours, and this archive does not fit beside them; delete some runs first."
        )
    made = import_run(archive, store, who.id, int(min(MOST_BYTES, left)))
    try:
        check_use(catalog, who, made.spec.dataset)  # an archive can name what is not its owner's
        take_in(catalog, made, who.id)
    except BaseException:
        shutil.rmtree(made.folder, ignore_errors=True)
        raise
    return made
