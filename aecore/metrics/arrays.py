"""What the metrics of codes take: rows of numbers, checked once and in one way."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from aecore.errors import InputError

Values = NDArray[Any] | Tensor
"""A numpy array, or a tensor on the CPU."""
Rows = NDArray[np.float64]


def as_rows(values: Values) -> Rows:
    """(n, …) numbers as (n, d) float64: one row a sample, n and d of at least 1.

    Raises InputError where there is no sample, or a value is no finite number.
    """
    array = np.asarray(values)
    if array.ndim == 0 or array.size == 0:
        raise InputError(f"Expected one row of numbers a sample, got an array of {array.shape}.")
    rows: Rows = array.reshape(len(array), -1).astype(np.float64)
    if not np.isfinite(rows).all():
        raise InputError(
            "Some values are infinite or no numbers; measure a model whose training went well."
        )
    return rows


def paired_rows(first: Values, second: Values) -> tuple[Rows, Rows]:
    """Two sets of rows of the same samples. Raises InputError where their numbers differ."""
    a, b = as_rows(first), as_rows(second)
    if len(a) != len(b):
        raise InputError(
            f"{len(a):,} samples cannot be compared with {len(b):,}; give one row of each for "
            "each sample."
        )
    return a, b


def as_labels(labels: Values, count: int) -> NDArray[np.int64]:
    """(n,) whole numbers. Raises InputError where there is not one for each of `count` samples."""
    array = np.asarray(labels)
    if array.shape != (count,):
        raise InputError(f"Expected {count:,} labels, one a sample, got {array.shape}.")
    return array.astype(np.int64)
