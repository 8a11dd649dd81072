"""Which data sets the visitor may use: their own, those that links show them, and the built-in."""

from __future__ import annotations

from contextlib import suppress

from aecore.catalog.data import Action, DataRow, check_use, find, listed
from aecore.datasets import DataSource, datasets
from aecore.datasets.own import PREFIX
from aecore.errors import UnknownName
from ui.access import catalog, visitor


def offered() -> dict[str, type[DataSource]]:
    """Every data set that the visitor may train on, by its name, their own first."""
    found: dict[str, type[DataSource]] = {}
    for row in listed(catalog(), visitor()):
        with suppress(UnknownName):  # deleted by hand
            found[row.name] = datasets[row.name]
    return {**found, **datasets}


def check_data(name: str) -> None:
    """Raises UnknownName for somebody else's data set, as for one that there is not."""
    check_use(catalog(), visitor(), name)


def see_data(name: str, action: Action = "view") -> DataRow:
    """The row of an own data set that the visitor may do this to. Raises UnknownName."""
    return find(catalog(), visitor(), name, action)


def is_own(name: str) -> bool:
    """Whether a name is that of somebody's own data set."""
    return name.startswith(PREFIX)
