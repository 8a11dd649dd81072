"""What each column of a table is for, as its owner says: learnt, label, known only, left out."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from aecore.errors import InputError
from aecore.intake.columns import find
from aecore.intake.encoding import check_size, codes_of, column_of, metadata_of, values_of
from aecore.intake.found import LEARNT, TITLES, Found
from aecore.intake.table_reading import TableFile
from aecore.samples import Column

Role = Literal["learnt", "label", "metadata", "left out"]
MOST_CLASSES = 100
MOST_TOLD = 30
"""Columns that are named one by one in a sentence."""
LABELS = (
    "label",
    "class",
    "target",
    "species",
    "y",
    "diagnosis",
    "outcome",
    "category",
    "kind",
    "type",
)
"""What columns of labels are often called, the likeliest first."""
ALL: tuple[str, ...] = ("all",)
"""The classes of rows without a label."""


def names_in(text: str, what: str, known: Sequence[str]) -> tuple[str, ...]:
    """Columns that are listed as one line of CSV: a, "b, c".

    Raises InputError where there is no such column.
    """
    try:
        rows = list(csv.reader([text.replace("\n", " ")], skipinitialspace=True, strict=True))
    except csv.Error as error:
        raise InputError(f"{what}: the list cannot be read ({error}); write a, b, c.") from error
    given = tuple(name.strip() for row in rows for name in row if name.strip())
    for name in given:
        if name not in known:
            some = ", ".join(known[:8]) + (" and so on" if len(known) > 8 else "")
            raise InputError(f"{what}: there is no column {name[:80]!r}; there are {some}.")
    return given


def one_name(text: str, what: str, known: Sequence[str]) -> str:
    """The one column of this name; nothing for no text. Raises InputError as `names_in`."""
    quoted = text.strip().replace('"', '""')
    return names_in(f'"{quoted}"', what, known)[0] if quoted else ""


@dataclass(frozen=True)
class Roles:
    """What the columns of a table are for, by name."""

    label: str = ""
    metadata: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    numbers: tuple[str, ...] = ()

    def of(self, name: str) -> Role:
        """What a column is for, unless it turns out not to be fit to be learnt."""
        if name in self.left_out:
            return "left out"
        if name == self.label:
            return "label"
        return "metadata" if name in self.metadata else "learnt"

    @property
    def codes(self) -> frozenset[str]:
        """Columns that are wanted as they are written, also where they hold numbers."""
        return frozenset({self.label, *self.categories})

    def find(self, table: TableFile, place: int) -> Found:
        """A column, read for what it is for. Raises InputError where it is not fit for it."""
        name, column = table.names[place], table.column(place)
        if name == self.label:
            return _label(name, find(name, column, table.comma, "category", MOST_CLASSES))
        if name in self.metadata:
            found = find(name, column, table.comma, "", MOST_CLASSES)
            again = found.what == "row number"  # which is worth knowing, if not learning
            return find(name, column, table.comma, "number") if again else found
        if name in self.categories:
            return find(name, column, table.comma, "category")
        return find(name, column, table.comma, "number" if name in self.numbers else "")


def _label(name: str, found: Found) -> Found:
    if found.what != "category":
        raise InputError(
            f"Label: {name} holds {TITLES[found.what]}, which make no classes; choose a column of "
            f"texts or whole numbers with at most {MOST_CLASSES} values."
        )
    return found


@dataclass
class Read:
    """The columns of a table by their roles, as far as they were read."""

    count: int
    learnt: list[Found] = field(default_factory=list)
    label: Found | None = None
    metadata: list[tuple[Column, NDArray[np.float32]]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)
    width: int = 0

    def take(self, found: Found, role: Role) -> None:
        """Keep a column. Raises InputError where samples get too large for memory."""
        if role == "label":
            self.label = found
        elif found.what not in LEARNT:
            self.left_out.append(f"{found.name} ({TITLES[found.what]})")
        elif role == "metadata":
            self.metadata.append(metadata_of(found))
        else:
            self.learnt.append(replace(found, examples=()))
            self.width += column_of(found).width
            check_size(self.count, self.width)
        if found.note and found.what in LEARNT:
            self.notes.append(f"{found.name}: {found.note}")

    @property
    def labels(self) -> tuple[NDArray[np.int64], tuple[str, ...]]:
        """(n,) int64 and the names of the classes."""
        if self.label is None:
            return np.zeros(self.count, np.int64), ALL
        return codes_of(self.label), values_of(self.label)

    def rules(self) -> Iterator[str]:
        """What became of the columns, in sentences."""
        kinds = [found.what for found in self.learnt]
        counts = {"of numbers": kinds.count("number"), "of dates": kinds.count("date"),
                  "of categories": kinds.count("category")}  # fmt: skip
        parts = [f"{count:,} {name}" for name, count in counts.items() if count]
        yield f"{len(kinds):,} columns are learnt: {', '.join(parts)}."
        missing = sum(found.missing for found in self.learnt)
        if missing:
            yield f"{missing:,} values are missing (infinite ones among them)."
        if self.left_out:
            yield f"Left out: {few(self.left_out)}."
        yield from self.notes[:MOST_TOLD]
        if len(self.notes) > MOST_TOLD:
            yield f"There is something to know of {len(self.notes) - MOST_TOLD:,} more columns."


def few(names: Sequence[str]) -> str:
    """A list for a sentence, cut where it gets long."""
    more = f" and {len(names) - MOST_TOLD:,} more" if len(names) > MOST_TOLD else ""
    return ", ".join(names[:MOST_TOLD]) + more


def proposals(found: Sequence[Found]) -> list[str]:
    """Columns that may hold the labels, the likeliest first."""
    by_name = {each.name.casefold(): each for each in found if each.what in ("category", "number")}
    return [by_name[name].name for name in LABELS if name in by_name]
