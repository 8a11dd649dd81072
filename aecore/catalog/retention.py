"""What is deleted for good, and when; always told first by `dry_run`."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import delete

from aecore.catalog.data import DATA_LINKS, folder_of_all
from aecore.catalog.removal import bury_all
from aecore.catalog.rows import RunRow
from aecore.catalog.runs import TRASH_DAYS, get, listed, purge
from aecore.catalog.shares import RUN_LINKS
from aecore.catalog.store import Catalog
from aecore.catalog.tables import audit
from aecore.catalog.uploads import UPLOADS
from aecore.runs.disk import folder_bytes
from aecore.runs.store import ID, RunStore

AUDIT_DAYS = 180
MOST = 10**6
LEFTOVER_SECONDS = 3600.0
"""Age from which a half-made folder or file belongs to nobody any more."""
UPLOAD_SECONDS = 86400.0
"""Age from which nobody looks at an upload any more."""


@dataclass(frozen=True)
class Removal:
    """One thing that goes: what it is, why, and how many bytes that frees."""

    what: str
    why: str
    bytes: int


def clean(catalog: Catalog, *, dry_run: bool = False, now: float | None = None) -> list[Removal]:
    """Empty the trash of what is older than seven days, and drop what nobody finished making.

    Args:
        dry_run: only tell what would go.
        now: seconds since 1970, for tests.
    """
    now = time.time() if now is None else now
    removed = []
    for row in _old_trash(catalog, now):
        folder = RunStore(catalog.root).root / row.id
        removed.append(
            Removal(f"run {row.id}", "in the trash for seven days", folder_bytes(folder))
        )
        if not dry_run:
            purge(catalog, row)
    for path in _leftovers(catalog, now):
        removed.append(Removal(str(path), "left half-made", folder_bytes(path)))
        if not dry_run:
            shutil.rmtree(path, ignore_errors=True)
    if not dry_run:
        bury_all(catalog)
        with catalog.write() as db:
            for links in (RUN_LINKS, DATA_LINKS):
                links.forget_old(db, now - AUDIT_DAYS * 86400)
            db.execute(delete(audit).where(audit.c.at < now - AUDIT_DAYS * 86400))
    return removed


def empty_trash(catalog: Catalog, owner: str) -> int:
    """Delete a person's trash for good now; how many runs went."""
    rows = [row for row in listed(catalog, owner, deleted=True, limit=MOST) if not row.active]
    for row in rows:
        purge(catalog, row)
    return len(rows)


def _old_trash(catalog: Catalog, now: float) -> list[RunRow]:
    before = now - TRASH_DAYS * 86400
    rows = listed(catalog, None, deleted=True, limit=MOST)
    return [row for row in rows if (row.deleted or now) < before and not row.active]


def _leftovers(catalog: Catalog, now: float) -> Iterator[Path]:
    """Folders of runs and data sets that were never finished making, or not wholly deleted, and
    uploads that nobody took in."""
    for root in (RunStore(catalog.root).root, folder_of_all(catalog)):
        for path in _inside(root):
            hidden = path.name.startswith(".") and ID.fullmatch(path.name[1:21])
            old = now - path.stat().st_mtime > LEFTOVER_SECONDS
            if hidden and old and get(catalog, path.name[1:21]) is None:
                yield path
    for folder in _inside(catalog.root / UPLOADS):
        for path in _inside(folder):
            if now - path.stat().st_mtime > UPLOAD_SECONDS:
                yield path


def _inside(folder: Path) -> list[Path]:
    return sorted(folder.iterdir()) if folder.is_dir() else []
