"""Brings numbers to a common scale, by what the training split alone says."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import torch
from torch import Tensor

from aecore.samples import Column, Kind, places, scale_of

CHUNK = 16_384
"""Rows that are looked at together."""


def scaled(
    samples: Tensor, train: Tensor, kind: Kind, columns: Sequence[Column]
) -> tuple[Tensor, tuple[Column, ...]]:
    """Samples on the scale of the training split, and their columns with mean and scale.

    Numbers of a table have mean 0 and standard deviation 1 over the training split, column by
    column; so has a time series, channel by channel. Points keep their shape: all coordinates
    share one scale. A constant column has the scale 1. What is missing (NaN) becomes the mean, 0;
    categories stay as they are.

    Args:
        samples: (n, C, H, W) float32, NaN where a number is missing; changed in place, since a
            large table should not be in memory twice.
        train: indices of the training split, (m,) int64.
    """
    samples = samples.contiguous()
    values = samples.movedim(1, -1) if kind == "series" else samples.flatten(1)
    means, deviations = moments(values, train)
    if kind == "points":
        deviations = deviations.square().mean().sqrt().expand_as(deviations)
    starts = [start for start, _ in places(tuple(columns))]  # a channel takes one number, too
    made = []
    for column, at in zip(columns, starts, strict=True):
        if column.kind == "category":
            made.append(column)
            continue
        mean = float(means[at])
        scale = scale_of(float(deviations[at]), mean)
        made.append(replace(column, mean=_single(mean), scale=_single(scale)))
    return on_scale_of(samples, kind, made), tuple(made)


def on_scale_of(samples: Tensor, kind: Kind, columns: Sequence[Column]) -> Tensor:
    """Samples on the scale that columns have already, such as those of another data set.

    Args:
        samples: (n, C, H, W) float32 in units of their source, NaN where a number is missing, which
            becomes the mean, 0; changed in place.
        columns: as `scaled` returned them.
    """
    samples = samples.contiguous()
    values = samples.movedim(1, -1) if kind == "series" else samples.flatten(1)
    mean, scale = torch.zeros(values.shape[-1]), torch.ones(values.shape[-1])
    for column, (at, _) in zip(columns, places(tuple(columns)), strict=True):
        if column.kind == "number":
            mean[at], scale[at] = column.mean, column.scale
    for part in values.split(CHUNK):
        part.sub_(mean).div_(scale).nan_to_num_(0.0)
    return samples


def moments(values: Tensor, rows: Tensor) -> tuple[Tensor, Tensor]:
    """Mean and standard deviation of some rows of (n, ..., d), what is missing left out.

    Both (d,) float64, 0 where nothing is known. In two passes, so that a large mean costs the
    deviation no digits, and in parts, so that a large table is never there twice.
    """
    size = values.shape[-1]
    known, total, square = (torch.zeros(size, dtype=torch.float64) for _ in range(3))
    for part in _parts(values, rows):
        known += (~part.isnan()).sum(0)
        total += part.nansum(0)
    mean = total / known.clamp_min(1)
    for part in _parts(values, rows):
        square += (part - mean).square_().nansum(0)
    return mean, (square / known.clamp_min(1)).sqrt()


def in_units(points: Tensor, columns: Sequence[Column]) -> Tensor:
    """Points (n, 1, 1, d) in units of their source again: undoes `scaled`.

    columns: as `scaled` returned them.
    """
    means = points.new_tensor([column.mean for column in columns])
    scales = points.new_tensor([column.scale for column in columns])
    return points * scales + means


def _single(value: float) -> float:
    """As float32 has it, so that what is told of a column is what was done to it."""
    return float(torch.tensor(value, dtype=torch.float32))


def _parts(values: Tensor, rows: Tensor) -> Iterator[Tensor]:
    for some in rows.split(CHUNK):
        yield values[some].reshape(-1, values.shape[-1]).double()
