"""Tables: a CSV or a Parquet file, a row a sample."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from aecore.config import Settings, knob
from aecore.errors import InputError
from aecore.glyphs import WIDEST
from aecore.intake.base import Intake, Taken, intakes
from aecore.intake.encoding import column_of, samples_of
from aecore.intake.found import LEARNT, TITLES, Found
from aecore.intake.previews import previews
from aecore.intake.roles import Read, Roles, names_in, one_name, proposals
from aecore.intake.table_reading import TableFile, damage_told, open_table

LOOKED_AT = 100_000
"""Rows that are looked at before a table is taken in."""
SHOWN = 2000
"""Rows of which previews take their scale."""


@intakes.register("table")
class Table(Intake):
    """Numbers, dates and categories; the scale is fitted later, on the training split."""

    title = "A table"
    idea = "A CSV or Parquet file: each row is a sample, each column one or more of its numbers."
    suffixes = (".csv", ".tsv", ".txt", ".parquet", ".pq")

    class Config(Settings):
        """Which columns are for what; each list is one line of CSV: a, b, "c, d"."""

        label: str = knob(
            "", "The column that tells the class of each row; it is not learnt, only shown."
        )
        metadata: str = knob(
            "", "Columns that are kept beside the rows and not learnt, with commas between.",
            label="Known, not learnt",
        )  # fmt: skip
        leave_out: str = knob("", "Columns that are not taken in at all, with commas between.")
        categories: str = knob(
            "", "Columns whose whole numbers are codes of something, with commas between.",
            label="Take as categories",
        )  # fmt: skip
        numbers: str = knob(
            "",
            "Columns to take as numbers although they look like row numbers, or hold some text "
            "(which then counts as missing), with commas between.",
            label="Take as numbers",
        )

    config: Config

    @damage_told()
    def look(self, paths: list[Path], names: list[str]) -> dict[str, Any]:
        """As in `Intake`, from the first 100,000 rows; besides "columns", "looked_at", "labels".

        columns: of each its name, type, examples, missing (how many), role and becomes (a
        sentence); labels: columns that may hold the classes.
        """
        table = open_table(paths, names, LOOKED_AT)
        roles = self._roles(table.names)
        looked_at, found, columns = min(table.count, LOOKED_AT), [], []
        for place in range(len(table.names)):
            each = roles.find(table, place)
            columns.append(described(each, roles.of(each.name)))
            found.append(_first(each, SHOWN))
        learnt = [f for f in found if roles.of(f.name) == "learnt" and f.what in LEARNT]
        return {
            "summary": [_size(table, looked_at), *table.rules],
            "count": table.count,
            "looked_at": looked_at,
            "columns": columns,
            "labels": proposals(found),
            "previews": _previews(learnt, min(looked_at, SHOWN)) if learnt else [],
        }

    @damage_told()
    def take(self, paths: list[Path], names: list[str]) -> Taken:
        """All rows, column by column: each becomes float32 or codes as soon as it is read."""
        table = open_table(paths, names, codes=lambda known: self._roles(known).codes)
        roles = self._roles(table.names)
        read = Read(table.count)
        for place, name in enumerate(table.names):
            role = roles.of(name)
            if role != "left out":
                read.take(roles.find(table, place), role)
        rules = (*table.rules, *read.rules())
        skipped = table.skipped
        del table  # its texts are not needed any more
        if not read.learnt:
            raise InputError(
                "No column of this table is left to learn; give columns of numbers or categories."
            )
        labels, classes = read.labels
        columns = tuple(column_of(each) for each in read.learnt)
        samples = samples_of(read.learnt, read.count)
        return Taken(
            "table", samples, labels, classes, columns, tuple(read.metadata), self.config.label,
            rules, skipped,
        )  # fmt: skip

    def _roles(self, known: tuple[str, ...]) -> Roles:
        given = self.config
        return Roles(
            one_name(given.label, "Label", known),
            names_in(given.metadata, "Known, not learnt", known),
            names_in(given.leave_out, "Leave out", known),
            names_in(given.categories, "Take as categories", known),
            names_in(given.numbers, "Take as numbers", known),
        )


def described(found: Found, role: str) -> dict[str, Any]:
    """A column for a form, in plain values."""
    if role == "learnt" and found.what not in LEARNT:
        role = "left out"
    return {
        "name": found.name,
        "type": TITLES[found.what],
        "examples": list(found.examples),
        "missing": found.missing,
        "role": role,
        "becomes": _becomes(found, role),
    }


def _becomes(found: Found, role: str) -> str:
    if role == "left out":
        different = f", {found.distinct:,} different ones" if found.what == "text" else ""
        held = "" if found.what in LEARNT else f": it holds {TITLES[found.what]}{different}"
        return f"Left out{held}."
    if role == "label":
        return f"The label, of {len(found.values) + bool(found.missing)} classes."
    known = "Known and not learnt. " if role == "metadata" else ""
    width = (
        "one number" if found.codes is None else f"{column_of(found).width} numbers, one a value"
    )
    return f"{known}{width.capitalize()}. {found.note}".strip()


def _size(table: TableFile, looked_at: int) -> str:
    part = f"; the first {looked_at:,} were looked at" if looked_at < table.count else ""
    return f"{table.count:,} rows and {len(table.names):,} columns{part}."


def _first(found: Found, rows: int) -> Found:
    """The same with its first rows only."""
    numbers = None if found.numbers is None else found.numbers[:rows].copy()
    codes = None if found.codes is None else found.codes[:rows].copy()
    return replace(found, numbers=numbers, codes=codes)


def _previews(learnt: list[Found], rows: int) -> list[str]:
    shown = learnt[:WIDEST]
    columns = tuple(column_of(each) for each in shown)
    return previews(samples_of(shown, rows), "table", columns)
