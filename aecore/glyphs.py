"""Small pictures of samples that are no images, drawn by NumPy alone.

A row of a table is a chart of bars around a middle line, one for each column: up for more than the
mean, down for less, full height at three standard deviations; a category fills one of its steps. A
window of a time series is its line, a point its place in the plane. White on black, as digits are.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

import numpy as np
from numpy.typing import NDArray

from aecore.samples import Column, Kind, places

SIDE = 32
WIDEST = 64
"""Columns of a table that are drawn, and steps of a series."""
REACH = 3.0
"""Standard deviations from the middle line to the edge."""
AXIS, MARK = 70, 255

Floats = NDArray[np.float32]
Places = NDArray[np.int64]
Pixels = NDArray[np.uint8]


def glyphs(samples: Floats, kind: Kind, columns: Sequence[Column]) -> Pixels:
    """Samples (n, C, H, W) that are no images, on their common scale, as (n, 1, H', W') uint8."""
    x = np.nan_to_num(samples, nan=0.0, posinf=REACH, neginf=-REACH)
    if kind == "series":
        return _lines(x[:, :, 0])
    rows = x.reshape(len(x), prod(x.shape[1:]))
    return _dots(rows) if kind == "points" else _bars(rows, columns)


def _height(values: Floats) -> Places:
    """Values to rows of a picture: -REACH at the bottom, REACH at the top."""
    share = (values.clip(-REACH, REACH) + REACH) / (2 * REACH)
    return np.rint((1 - share) * (SIDE - 1)).astype(np.int64)


def _bars(x: Floats, columns: Sequence[Column]) -> Pixels:
    """(n, d) to (n, 1, SIDE, width): the first WIDEST columns, each as wide as there is room."""
    shown = list(zip(columns, places(tuple(columns)), strict=True))[:WIDEST]
    each = max(1, SIDE // max(1, len(shown)))
    middle = SIDE // 2
    rows = np.arange(SIDE)[None, :]
    canvas = np.zeros((len(x), SIDE, each * len(shown)), np.uint8)
    canvas[:, middle] = AXIS
    for place, (column, (start, stop)) in enumerate(shown):
        if column.kind == "category":
            top, bottom = _step(x[:, start:stop])
        else:
            end = _height(x[:, start])
            top, bottom = end.clip(max=middle), end.clip(min=middle)
        filled = (rows >= top[:, None]) & (rows <= bottom[:, None])
        left = place * each
        right = left + max(1, each - 1)  # a gap between bars where there is room for one
        canvas[:, :, left:right][filled] = MARK
    return canvas[:, None]


def _step(shares: Floats) -> tuple[Places, Places]:
    """Of categories (n, k), where the step of the likeliest begins and ends: the first on top."""
    count, chosen = shares.shape[1], shares.argmax(1)
    return chosen * SIDE // count, (chosen + 1) * SIDE // count - 1


def _lines(x: Floats) -> Pixels:
    """(n, channels, steps) to (n, 1, SIDE, steps): at most WIDEST steps, evenly chosen."""
    steps = x.shape[2]
    if steps > WIDEST:
        x = x[:, :, np.rint(np.linspace(0, steps - 1, WIDEST)).astype(np.int64)]
    height = _height(x)
    before = np.concatenate([height[:, :, :1], height[:, :, :-1]], 2)
    top, bottom = np.minimum(height, before), np.maximum(height, before)
    rows = np.arange(SIDE)[:, None]
    filled = (rows >= top[:, :, None]) & (rows <= bottom[:, :, None])  # (n, channels, SIDE, steps)
    return filled.any(1, keepdims=True) * np.uint8(MARK)


def _dots(x: Floats) -> Pixels:
    """(n, d) to (n, 1, SIDE, SIDE): the first two coordinates, as a dot of 3×3 pixels."""
    at = np.zeros((len(x), 2), np.float32)
    at[:, : min(2, x.shape[1])] = x[:, :2]
    row = _height(at[:, 1]).clip(1, SIDE - 2)
    column = (SIDE - 1 - _height(at[:, 0])).clip(1, SIDE - 2)
    rows = np.arange(SIDE)
    near_row = abs(rows[None] - row[:, None]) <= 1
    near_column = abs(rows[None] - column[:, None]) <= 1
    canvas = np.zeros((len(x), SIDE, SIDE), np.uint8)
    canvas[:, SIDE // 2] = AXIS
    canvas[:, :, SIDE // 2] = AXIS
    canvas[near_row[:, :, None] & near_column[:, None, :]] = MARK
    return canvas[:, None]
