"""Time series out of a table: which columns are channels, and which rows belong together."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from aecore.errors import InputError
from aecore.intake.columns import find
from aecore.intake.encoding import codes_of, values_of
from aecore.intake.found import TITLES, Found
from aecore.intake.roles import MOST_CLASSES, few
from aecore.intake.table_reading import TableFile

MOST_CHANNELS = 256
NO_TIME = "rows without a time"


@dataclass
class Rows:
    """Rows in the order of time, those of a series together.

    values: (rows, channels) float32, NaN where missing; groups: (rows,); codes: (rows,) the class
    of each, where there is a label.
    """

    names: tuple[str, ...]
    values: NDArray[np.float32]
    groups: NDArray[Any]
    codes: NDArray[np.int64] | None = None
    classes: tuple[str, ...] = ()
    rules: tuple[str, ...] = ()
    skipped: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class SeriesRoles:
    """What the columns are for, by name; no channels stands for all columns of numbers."""

    channels: tuple[str, ...] = ()
    time: str = ""
    group: str = ""
    label: str = ""

    def of(self, name: str) -> str:
        """What a column is for, where it is fit for it."""
        for role in ("time", "group", "label"):
            if name == getattr(self, role):
                return role
        return "channel" if name in self.channels or not self.channels else "left out"

    @property
    def codes(self) -> frozenset[str]:
        """Columns that are wanted as they are written, also where they hold numbers."""
        return frozenset({self.label, self.group})

    def find(self, table: TableFile, place: int) -> Found:
        """A column, read for what it is for. Raises InputError where it is not fit for it."""
        name = table.names[place]
        role, column = self.of(name), table.column(place)
        if role == "label":
            return find(name, column, table.comma, "category", MOST_CLASSES)
        if role == "time" or name in self.channels:
            found = find(name, column, table.comma)
            return found if found.numbers is not None else _forced(name, column, table.comma)
        return find(name, column, table.comma)


def _forced(name: str, column: Any, comma: bool) -> Found:
    found = find(name, column, comma, "number")
    if found.numbers is None:
        raise InputError(f"{name}: this column holds {TITLES[found.what]}; choose another.")
    return found


def rows_of(table: TableFile, roles: SeriesRoles, most: int) -> Rows:
    """The first rows of a table as series. Raises InputError where it has no channel."""
    channels: list[Found] = []
    time = label = None
    groups: NDArray[Any] = np.zeros(most, np.int32)
    left_out = []
    for place, name in enumerate(table.names):
        role = roles.of(name)
        if role == "group":
            groups = _places(table.column(place))[:most]
        if role in ("group", "left out"):
            continue
        found = roles.find(table, place)
        if role == "time":
            time = found
        elif role == "label":
            label = found
        elif found.what == "number":
            channels.append(found)
        else:
            left_out.append(f"{name} ({TITLES[found.what]})")
    _check(channels)
    order, without = _order(groups, time, most)
    rules = [f"{len(channels)} channels: {few([found.name for found in channels])}."]
    rules += [f"{found.name}: {found.note}" for found in channels if found.infinite or found.unread]
    rules += [f"Left out: {few(left_out)}."] if left_out else []
    rules += [f"In the order of {roles.time}." if time else "In the order of the rows."]
    return Rows(
        tuple(found.name for found in channels),
        np.stack([_numbers(found)[:most] for found in channels], 1)[order],
        groups[order],
        None if label is None else codes_of(label)[:most][order],
        () if label is None else values_of(label),
        (*table.rules, *rules),
        {**table.skipped, **({NO_TIME: without} if without else {})},
    )


def _check(channels: Iterable[Found]) -> None:
    count = len(list(channels))
    if count == 0:
        raise InputError("There is no column of numbers that could be a channel; name some.")
    if count > MOST_CHANNELS:
        raise InputError(
            f"{count:,} channels are too many; name at most {MOST_CHANNELS} columns as channels."
        )


def _numbers(found: Found) -> NDArray[np.float32]:
    if found.numbers is None:
        raise ValueError(f"{found.name} holds no numbers")
    return found.numbers


def _order(groups: NDArray[Any], time: Found | None, most: int) -> tuple[NDArray[np.int64], int]:
    """Rows in the order of series and time, as they come among equals; how many have no time."""
    if time is None:
        return np.argsort(groups, kind="stable"), 0
    when = _numbers(time)[:most]
    order = np.lexsort((when, groups))
    known = ~np.isnan(when[order])
    return order[known], int((~known).sum())


def _places(column: Any) -> NDArray[np.int32]:
    """For each row, the place of its value among the different ones, whatever its type."""
    import pyarrow as pa  # slow to import

    texts = column.cast(pa.string()).combine_chunks().dictionary_encode()
    codes = texts.chunk(0) if isinstance(texts, pa.ChunkedArray) else texts
    return codes.indices.fill_null(-1).to_numpy(zero_copy_only=False)
