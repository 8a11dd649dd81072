"""Columns as they were understood, as the numbers of samples, as labels and as metadata."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from aecore.errors import InputError
from aecore.intake.found import MISSING, Found
from aecore.intake.safe_text import safe_text
from aecore.intake.table_reading import unique_names
from aecore.samples import Column

MOST_NUMBERS = 250_000_000
"""float32 numbers of all samples together: 1 GB."""


def column_of(found: Found) -> Column:
    """What a sample's numbers of this column are; missing values of a category are one of its own.

    Raises nothing; `found` must be of numbers, dates or a category.
    """
    if found.codes is None:
        return Column(found.name)
    return Column(found.name, "category", values_of(found))


def values_of(found: Found) -> tuple[str, ...]:
    """The values of a category, safe to show, each once; MISSING at the end where there is any."""
    values = [safe_text(value, otherwise="(empty)") for value in found.values]
    return unique_names([*values, MISSING] if found.missing else values)


def codes_of(found: Found) -> NDArray[np.int64]:
    """Of a category, the place of each row's value in `values_of`: (n,)."""
    if found.codes is None:
        raise ValueError(f"{found.name} is no category")
    codes = found.codes.astype(np.int64)
    codes[codes < 0] = len(found.values)
    return codes


def check_size(rows: int, width: int) -> None:
    """Raises InputError where samples would take more memory than they may."""
    if rows * width > MOST_NUMBERS:
        raise InputError(
            f"{rows:,} rows of {width:,} numbers (a category takes one for each of its values) are "
            f"more than {4 * MOST_NUMBERS / 1e9:g} GB; leave out columns or rows."
        )


def samples_of(learnt: Sequence[Found], rows: int) -> NDArray[np.float32]:
    """The first rows of columns as samples (rows, 1, 1, numbers) float32, NaN where missing."""
    columns = [column_of(found) for found in learnt]
    width = sum(column.width for column in columns)
    check_size(rows, width)
    samples, at = np.zeros((rows, 1, 1, width), np.float32), 0
    for found, column in zip(learnt, columns, strict=True):
        place = samples[:, 0, 0, at : at + column.width]
        if found.numbers is not None:
            place[:, 0] = found.numbers[:rows]
        else:
            place[np.arange(rows), codes_of(found)[:rows]] = 1
        at += column.width
    return samples


def metadata_of(found: Found) -> tuple[Column, NDArray[np.float32]]:
    """What is known of each sample and not learnt: (n,) float32, a category as its place."""
    if found.codes is None:
        if found.numbers is None:
            raise ValueError(f"{found.name} has no values")
        return Column(found.name), found.numbers
    values = unique_names([safe_text(value) for value in found.values])
    places = np.where(found.codes < 0, np.nan, found.codes).astype(np.float32)
    return Column(found.name, "category", values), places
