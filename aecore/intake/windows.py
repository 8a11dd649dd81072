"""Windows of time series: so many steps at a time, never across the end of a series."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from aecore.errors import InputError
from aecore.intake.encoding import MOST_NUMBERS

AT_ONCE = 4096
"""Windows that are copied together."""


@dataclass(frozen=True)
class Cut:
    """Where windows begin. starts: their first rows, (n,); short: series shorter than a window;
    over: rows that are in no window.
    """

    starts: NDArray[np.int64]
    short: int
    over: int


def cut(groups: NDArray[Any], window: int, stride: int) -> Cut:
    """Where windows of `window` rows begin, each `stride` rows after the one before.

    Args:
        groups: (rows,), which series each row belongs to; those of one stand together.

    Raises InputError where not one window fits.
    """
    change = np.flatnonzero(groups[1:] != groups[:-1]) + 1
    begins, ends = np.append(0, change), np.append(change, len(groups))
    parts = [np.arange(a, b - window + 1, stride) for a, b in zip(begins, ends, strict=True)]
    starts = np.concatenate(parts).astype(np.int64)
    if len(starts) == 0:
        raise InputError(
            f"Window: {window} steps do not fit, the longest series has {(ends - begins).max():,}; "
            "choose a shorter window."
        )
    each = min(stride, window)  # rows that a window has for itself, but for the last
    covered = sum(each * (len(part) - 1) + window for part in parts if len(part))
    return Cut(starts, sum(len(part) == 0 for part in parts), len(groups) - covered)


def windows_of(
    values: NDArray[np.float32], starts: NDArray[np.int64], window: int
) -> NDArray[np.float32]:
    """(rows, channels) to windows (n, channels, 1, window) float32.

    Raises InputError where these would take more memory than they may.
    """
    numbers = len(starts) * values.shape[1] * window
    if numbers > MOST_NUMBERS:
        raise InputError(
            f"{len(starts):,} windows of {values.shape[1]} channels and {window} steps are more "
            f"than {4 * MOST_NUMBERS / 1e9:g} GB; choose a larger stride or fewer channels."
        )
    every = np.lib.stride_tricks.sliding_window_view(values, window, 0)  # copies nothing
    samples = np.empty((len(starts), values.shape[1], 1, window), np.float32)
    for begin in range(0, len(starts), AT_ONCE):
        some = slice(begin, begin + AT_ONCE)
        samples[some, :, 0] = every[starts[some]]
    return samples


def majority(
    codes: NDArray[np.int64], starts: NDArray[np.int64], window: int, count: int
) -> NDArray[np.int64]:
    """The most frequent class within each window, the first of equals: (n,) int64."""
    ahead = np.zeros((len(codes) + 1, count), np.int64)
    np.cumsum(codes[:, None] == np.arange(count), 0, out=ahead[1:])
    return (ahead[starts + window] - ahead[starts]).argmax(1)
