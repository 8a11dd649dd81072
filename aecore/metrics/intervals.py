"""How far a figure measured on a sample of images can be off: percentile bootstrap intervals.

The images are drawn again with replacement as often as wanted, the figure taken of each draw; 95 %
of these lie between the limits (Efron 1979).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from aecore.errors import InputError

RESAMPLES = 1000
SHARE = 0.95
CHUNK = 2**22
"""Numbers that are drawn at a time."""

Array = NDArray[Any]


class Interval(NamedTuple):
    """A figure of the whole sample, and the limits within which 95 % of the draws have it."""

    value: float
    low: float
    high: float


def mean_interval(values: Array, seed: int = 0, resamples: int = RESAMPLES) -> Interval:
    """The mean of numbers (n,), one an image. Raises InputError for none, or for NaN."""
    numbers = _checked(np.asarray(values, np.float64))
    generator = np.random.default_rng(seed)
    means, at_once = [], max(1, CHUNK // len(numbers))
    for start in range(0, resamples, at_once):
        count = min(at_once, resamples - start)
        rows = generator.integers(len(numbers), size=(count, len(numbers)))
        means.append(numbers[rows].mean(1))
    return _interval(float(numbers.mean()), np.concatenate(means))


def bootstrap(
    statistic: Callable[..., float], *arrays: Array, seed: int = 0, resamples: int = RESAMPLES
) -> Interval:
    """Any figure of arrays whose first axis is the image: `statistic(*arrays)`.

    Draws of which the figure is NaN (a class is missing in them) are left out.

    Raises InputError for no images, or arrays of different length.
    """
    count = len(arrays[0])
    if not count or any(len(array) != count for array in arrays):
        raise InputError("An interval needs images, and one row of each array for every image.")
    generator = np.random.default_rng(seed)
    found = []
    for _ in range(resamples):
        rows = generator.integers(count, size=count)
        found.append(statistic(*(array[rows] for array in arrays)))
    return _interval(float(statistic(*arrays)), np.array(found))


def _checked(numbers: Array) -> Array:
    if not len(numbers) or np.isnan(numbers).any():
        raise InputError("An interval needs at least one number, and none that is NaN.")
    return numbers


def _interval(value: float, draws: Array) -> Interval:
    known = draws[~np.isnan(draws)]
    if not len(known):
        return Interval(value, np.nan, np.nan)
    outside = 100 * (1 - SHARE) / 2
    low, high = np.percentile(known, [outside, 100 - outside])
    return Interval(value, float(low), float(high))
