"""The runs that pages list, as the catalogue knows them: no folder is opened for a list."""

from __future__ import annotations

from aecore.catalog import runs
from aecore.catalog.rows import RunRow
from aecore.errors import UnknownName
from aecore.runs import Run
from ui.access import catalog, mine, see, visitor


def recent(limit: int) -> list[RunRow]:
    """The visitor's newest runs, newest first; on a server the demonstration run comes last."""
    rows = mine(limit)
    shown = runs.demo(catalog())
    if shown is not None and all(row.id != shown.id for row in rows):
        rows.append(shown)
    return rows


def demo_run() -> Run | None:
    """The demonstration run, where it is still there."""
    row = runs.demo(catalog())
    try:
        return None if row is None else see(visitor(), row.id).run
    except UnknownName:  # its folder is gone
        return None
