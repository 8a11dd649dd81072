"""Columns of a pandas frame as numbers, by their types.

Numbers stay numbers; dates and spans of time become days (dates since the first of their column);
truth values, categories and texts become categories, in the order of their numbers or letters.
What is missing or infinite is NaN; a category has a value of its own for it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from aecore.datasets.arrays import MISSING, classes_of, finite_or_missing
from aecore.errors import InputError
from aecore.samples import Column

if TYPE_CHECKING:
    import pandas as pd

MOST_VALUES = 50
"""Of a category that is a part of the samples; each takes a number of its own."""


def read_column(values: pd.Series[Any]) -> tuple[Column, NDArray[np.float32]]:
    """A column and its numbers, (n,) float32; those of a category are the places of its values."""
    from pandas.api import types  # slow to import

    name, kind = str(values.name), values.dtype
    if types.is_datetime64_any_dtype(kind) or types.is_timedelta64_dtype(kind):
        days = (values - values.min() if types.is_datetime64_any_dtype(kind) else values) / _day()
        return Column(name), days.to_numpy(np.float32, na_value=np.nan)
    if types.is_numeric_dtype(kind) and not types.is_bool_dtype(kind):
        if types.is_complex_dtype(kind):
            raise InputError(f"{name}: complex numbers cannot be taken; leave the column out.")
        return Column(name), finite_or_missing(values.to_numpy(np.float64, na_value=np.nan))
    texts = values.astype(object).where(values.notna(), None)
    labels = [None if each is None else str(each) for each in texts]
    places, names = classes_of(np.array(labels, object), len(values))
    return Column(name, "category", names), places.numpy().astype(np.float32)


def _day() -> Any:
    import pandas as pd

    return pd.Timedelta(days=1)


def one_hot(column: Column, numbers: NDArray[np.float32]) -> NDArray[np.float32]:
    """What a column puts into a sample: (n, 1), or (n, values) of a category.

    Raises InputError where a category has too many values.
    """
    if column.kind == "number":
        return numbers[:, None]
    if len(column.values) > MOST_VALUES:
        raise InputError(
            f"{column.name}: {len(column.values):,} different texts are too many for a category "
            f"(at most {MOST_VALUES}); leave the column out, or name it in metadata."
        )
    return np.eye(len(column.values), dtype=np.float32)[numbers.astype(np.int64)]


def beside(column: Column, numbers: NDArray[np.float32]) -> NDArray[np.float32]:
    """The numbers of a metadata column; NaN where a category is missing."""
    if MISSING not in column.values:
        return numbers
    return np.where(numbers == column.values.index(MISSING), np.float32(np.nan), numbers)
