"""Time series: windows of a table, or of an array of series."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np

from aecore.config import Settings, knob
from aecore.errors import InputError
from aecore.intake.base import Intake, Taken, intakes
from aecore.intake.previews import previews
from aecore.intake.roles import ALL, names_in, one_name
from aecore.intake.series_arrays import is_array, rows_of_arrays
from aecore.intake.series_table import Rows, SeriesRoles, rows_of
from aecore.intake.table import described
from aecore.intake.table_reading import TableFile, damage_told, open_table
from aecore.intake.windows import cut, majority, windows_of
from aecore.samples import Column

LOOKED_AT = 100_000
"""Rows that are looked at before a file is taken in."""
BECOMES = {
    "time": "The rows are sorted by it.",
    "group": "No window crosses two of its values.",
    "channel": "One channel.",
}
SHOWN = 200
"""Windows of which previews take their scale."""


@intakes.register("series")
class Series(Intake):
    """Windows of fixed length; channels are scaled later, on the training split."""

    title = "Time series"
    idea = (
        "A table whose rows follow each other in time, or an array of series: windows of so many "
        "steps are cut out, each a sample."
    )
    suffixes = (".csv", ".tsv", ".txt", ".parquet", ".pq", ".npy", ".npz")

    class Config(Settings):
        """How windows are cut, and which columns of a table are for what."""

        window: int = knob(64, "How many steps one window has.", low=2, high=4096, log=True)
        stride: int = knob(
            0,
            "How many steps after one window the next begins, 0 for a window's length; where "
            "windows overlap, those that test share steps with those that train, and figures look "
            "better than they are.",
            low=0, high=4096,
        )  # fmt: skip
        channels: str = knob(
            "", "The columns that are learnt, with commas between; nothing takes all of numbers."
        )
        group: str = knob(
            "", "A column that tells which series a row belongs to; no window crosses two.",
            label="One series for each",
        )  # fmt: skip
        time: str = knob("", "A column of dates or numbers to sort the rows by.")
        label: str = knob(
            "", "A column of classes; that of a window is the most frequent of its steps."
        )
        channels_first: bool = knob(
            False, "Whether an array of series has its channels before its steps."
        )

    config: Config

    @damage_told()
    def look(self, paths: list[Path], names: list[str]) -> dict[str, Any]:
        """As in `Intake`, from the first 100,000 rows; besides "columns" and "labels"."""
        rows, columns, whole = self._looked(paths, names)
        found = cut(rows.groups, self.config.window, self._stride)
        learnt = tuple(Column(name) for name in rows.names)
        shown = windows_of(rows.values, found.starts[:SHOWN], self.config.window)
        part = "" if whole else f" in the first {LOOKED_AT:,} rows"
        summary = f"{len(found.starts):,} windows{part}, of {self.config.window} steps each."
        return {
            "summary": [summary, *rows.rules],
            "count": len(found.starts) if whole else 0,
            "columns": columns,
            "labels": [],
            "previews": previews(shown, "series", learnt),
        }

    @damage_told()
    def take(self, paths: list[Path], names: list[str]) -> Taken:
        """All windows."""
        if is_array(paths):
            rows = self._rows_of_arrays(paths, names)
        else:
            table = open_table(paths, names, codes=lambda known: self._roles(known).codes)
            rows = rows_of(table, self._roles(table.names), table.count)
        return self._taken(rows)

    def _looked(
        self, paths: list[Path], names: list[str]
    ) -> tuple[Rows, list[dict[str, Any]], bool]:
        if is_array(paths):
            return self._rows_of_arrays(paths, names), [], True
        table = open_table(paths, names, LOOKED_AT)
        roles = self._roles(table.names)
        rows = rows_of(table, roles, min(table.count, LOOKED_AT))
        return rows, _columns(table, roles), table.count <= LOOKED_AT

    def _rows_of_arrays(self, paths: list[Path], names: list[str]) -> Rows:
        given = self.config
        if given.group or given.time or given.label:
            raise InputError(
                "An array of series has no columns of groups, times or classes; leave One series "
                "for each, Time and Label empty."
            )
        return rows_of_arrays(paths, names, given.channels, given.channels_first)

    @property
    def _stride(self) -> int:
        return self.config.stride or self.config.window

    def _roles(self, known: tuple[str, ...]) -> SeriesRoles:
        titles = {"time": "Time", "group": "One series for each", "label": "Label"}
        single = {
            role: one_name(getattr(self.config, role), title, known)
            for role, title in titles.items()
        }
        chosen = names_in(self.config.channels, "Channels", known)
        twice = Counter([*chosen, *filter(None, single.values())]).most_common(1)
        if twice and twice[0][1] > 1:
            raise InputError(f"{twice[0][0]} is named for two things; name each column once.")
        return SeriesRoles(chosen, **single)

    def _taken(self, rows: Rows) -> Taken:
        window, stride = self.config.window, self._stride
        found = cut(rows.groups, window, stride)
        samples = windows_of(rows.values, found.starts, window)
        rules = [*rows.rules, f"Windows of {window} steps, a new one every {stride}."]
        if found.over:
            rules.append(f"{found.over:,} rows are in no window.")
        missing = int(np.isnan(rows.values).sum())
        if missing:
            rules.append(f"{missing:,} values are missing (infinite ones among them).")
        labels, classes = np.zeros(len(samples), np.int64), ALL
        if rows.codes is not None:
            labels, classes = (
                majority(rows.codes, found.starts, window, len(rows.classes)),
                rows.classes,
            )
            rules.append("The class of a window is the most frequent of its steps.")
        skipped = rows.skipped | (
            {"series shorter than a window": found.short} if found.short else {}
        )
        first = (Column("first row"), found.starts.astype(np.float32))
        columns = tuple(Column(name) for name in rows.names)
        return Taken(
            "series", samples, labels, classes, columns, (first,), self.config.label,
            tuple(rules), skipped,
        )  # fmt: skip


def _columns(table: TableFile, roles: SeriesRoles) -> list[dict[str, Any]]:
    told = []
    for place, name in enumerate(table.names):
        role = roles.of(name)
        found = roles.find(table, place)
        if role == "channel" and found.what != "number":
            role = "left out"
        column = described(found, "label" if role == "label" else "left out")
        becomes = BECOMES.get(role, column["becomes"])
        told.append({**column, "role": role, "becomes": becomes})
    return told
