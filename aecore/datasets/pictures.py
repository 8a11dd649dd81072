"""Pictures of samples that are no images, so that every view can show them.

A row of a table is a chart of bars around a middle line, one for each column: up for more than the
mean, down for less, full height at three standard deviations; a category fills one of its steps. A
window of a time series is its line, a point its place in the plane. White on black, as digits are.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from aecore.samples import Column, Kind, places

SIDE = 32
WIDEST = 64
REACH = 3.0
"""Standard deviations from the middle line to the edge."""
AXIS, MARK = 70, 255


def to_bytes(images: Tensor) -> Tensor:
    """Float images in [0, 1] to uint8, rounded; what lies outside is cut."""
    return images.detach().mul(255).round_().clamp_(0, 255).to(torch.uint8).cpu()


def pictures(samples: Tensor, kind: Kind, columns: Sequence[Column]) -> Tensor:
    """Samples (n, C, H, W) as pictures (n, C', H', W') uint8; of images, these themselves."""
    if kind == "image":
        return samples.cpu() if samples.dtype == torch.uint8 else to_bytes(samples)
    x = samples.detach().float().cpu().nan_to_num(0.0, REACH, -REACH)
    if kind == "series":
        return _lines(x[:, :, 0])
    return _dots(x.flatten(1)) if kind == "points" else _bars(x.flatten(1), columns)


def _height(values: Tensor) -> Tensor:
    """Values to rows of a picture: -REACH at the bottom, REACH at the top."""
    share = (values.clamp(-REACH, REACH) + REACH) / (2 * REACH)
    return ((1 - share) * (SIDE - 1)).round().long()


def _bars(x: Tensor, columns: Sequence[Column]) -> Tensor:
    """(n, d) to (n, 1, SIDE, width): the first WIDEST columns, each as wide as there is room."""
    shown = list(zip(columns, places(tuple(columns)), strict=True))[:WIDEST]
    each = max(1, SIDE // max(1, len(shown)))
    middle = SIDE // 2
    rows = torch.arange(SIDE)[None, :]
    canvas = torch.zeros(len(x), SIDE, each * len(shown), dtype=torch.uint8)
    canvas[:, middle] = AXIS
    for place, (column, (start, stop)) in enumerate(shown):
        if column.kind == "category":
            top, bottom = _step(x[:, start:stop])
        else:
            end = _height(x[:, start])
            top, bottom = end.clamp(max=middle), end.clamp(min=middle)
        filled = (rows >= top[:, None]) & (rows <= bottom[:, None])
        left = place * each
        right = left + max(1, each - 1)  # a gap between bars where there is room for one
        canvas[:, :, left:right] = torch.where(filled[:, :, None], MARK, canvas[:, :, left:right])
    return canvas[:, None]


def _step(shares: Tensor) -> tuple[Tensor, Tensor]:
    """Of categories (n, k), where the step of the likeliest begins and ends: the first on top."""
    count, chosen = shares.shape[1], shares.argmax(1)
    return chosen * SIDE // count, (chosen + 1) * SIDE // count - 1


def _lines(x: Tensor) -> Tensor:
    """(n, channels, steps) to (n, 1, SIDE, steps): at most WIDEST steps, evenly chosen."""
    steps = x.shape[2]
    if steps > WIDEST:
        x = x[:, :, torch.linspace(0, steps - 1, WIDEST).round().long()]
    height = _height(x)
    before = torch.cat([height[:, :, :1], height[:, :, :-1]], 2)
    top, bottom = torch.minimum(height, before), torch.maximum(height, before)
    rows = torch.arange(SIDE)[:, None]
    filled = (rows >= top[:, :, None]) & (rows <= bottom[:, :, None])  # (n, channels, SIDE, steps)
    return (filled.any(1, keepdim=True) * MARK).to(torch.uint8)


def _dots(x: Tensor) -> Tensor:
    """(n, d) to (n, 1, SIDE, SIDE): the first two coordinates, as a dot of 3×3 pixels."""
    at = torch.zeros(len(x), 2)
    at[:, : min(2, x.shape[1])] = x[:, :2]
    row = _height(at[:, 1]).clamp(1, SIDE - 2)
    column = (SIDE - 1 - _height(at[:, 0])).clamp(1, SIDE - 2)
    rows = torch.arange(SIDE)
    near_row = (rows[None] - row[:, None]).abs() <= 1
    near_column = (rows[None] - column[:, None]).abs() <= 1
    canvas = torch.zeros(len(x), SIDE, SIDE, dtype=torch.uint8)
    canvas[:, SIDE // 2] = AXIS
    canvas[:, :, SIDE // 2] = AXIS
    canvas[near_row[:, :, None] & near_column[:, None, :]] = MARK
    return canvas[:, None]
