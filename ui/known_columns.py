"""What is known of each held-out sample beside its class: numbers and categories to colour by."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from aecore.datasets import ImageData
from aecore.maps.samples import MOST_HELD_OUT
from aecore.runs import Run
from aecore.samples import Column, Kind, places
from ui.resources import run_data

FACTOR, METADATA, COLUMN = "factor:", "metadata:", "column:"
"""Begin the names of what samples were made from, of what else is known of them, and, before its
place from 1, of a column of theirs."""
WITH_COLUMNS: tuple[Kind, ...] = ("table", "points")
Values = NDArray[np.float32]


class KnownColumn(NamedTuple):
    """title: its own name; said: as a list shows it; classes: what its values are called, where it
    is a category; values: gives them, (m,), NaN where one is missing."""

    title: str
    said: str
    classes: tuple[str, ...]
    values: Callable[[], Values]


def known_columns(run: Run) -> dict[str, KnownColumn]:
    """By their names in links."""
    data = run_data(run)
    found = dict(_columns(data))
    kinds = {column.name: column for column in run.spec.make_source().metadata}
    for name, values in data.metadata.items():
        classes = kinds[name].values if name in kinds else ()
        get = partial(_held_out, data, values)
        found[METADATA + name] = KnownColumn(name, f"{name} (metadata)", classes, get)
    for name, values in data.factors.items():
        get = partial(_held_out, data, values)
        found[FACTOR + name] = KnownColumn(name, f"{name.capitalize()} (factor)", (), get)
    return found


def _columns(data: ImageData) -> Iterator[tuple[str, KnownColumn]]:
    if data.kind not in WITH_COLUMNS:
        return
    pairs = zip(data.columns, places(data.columns), strict=True)
    for place, (column, (start, stop)) in enumerate(pairs, 1):
        get = partial(_own, data, column, start, stop)
        known = KnownColumn(column.name, f"{column.name} (column)", column.values, get)
        yield f"{COLUMN}{place}", known


def _own(data: ImageData, column: Column, start: int, stop: int) -> Values:
    """A column in its own units, or the places of its values; -1 where a row has none of them."""
    part = data.part("test", MOST_HELD_OUT).flatten(1)[:, start:stop]
    if column.kind == "category":
        return part.argmax(1).where(part.amax(1) > 0, -1).float().numpy()
    return (part[:, 0] * column.scale + column.mean).numpy()


def _held_out(data: ImageData, values: Tensor) -> Values:
    return values[data.splits["test"][:MOST_HELD_OUT]].float().numpy()
