"""Brings numbers to a common scale, by what the training split alone says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import torch
from torch import Tensor

from aecore.samples import Column, Kind, places

FLAT = 1e-12
"""A standard deviation below this, in units of the largest value, is that of a constant."""


def scaled(
    samples: Tensor, train: Tensor, kind: Kind, columns: Sequence[Column]
) -> tuple[Tensor, tuple[Column, ...]]:
    """Samples on the scale of the training split, and their columns with mean and scale.

    Numbers of a table have mean 0 and standard deviation 1 over the training split, column by
    column; so has a time series, channel by channel. Points keep their shape: all coordinates
    share one scale. A constant column has the scale 1. What is missing (NaN) becomes the mean, 0;
    categories stay as they are.

    Args:
        samples: (n, C, H, W) float32, NaN where a number is missing.
        train: indices of the training split, (m,) int64.
    """
    if kind == "series":
        return _series(samples, train, columns)
    flat, made = samples.flatten(1), []
    means, deviations = _moments(flat[train])
    if kind == "points":
        deviations = deviations.square().mean().sqrt().expand_as(deviations)
    result = flat.clone()
    for column, (start, stop) in zip(columns, places(tuple(columns)), strict=True):
        if column.kind == "category":
            made.append(column)
            continue
        mean, scale = float(means[start]), _usable(deviations[start], means[start])
        result[:, start:stop] = (flat[:, start:stop] - mean) / scale
        made.append(replace(column, mean=mean, scale=scale))
    return result.nan_to_num_(0.0).view(samples.shape), tuple(made)


def in_units(points: Tensor, columns: Sequence[Column]) -> Tensor:
    """Points (n, 1, 1, d) in units of their source again: undoes `scaled`.

    columns: as `scaled` returned them.
    """
    means = points.new_tensor([column.mean for column in columns])
    scales = points.new_tensor([column.scale for column in columns])
    return points * scales + means


def _series(
    samples: Tensor, train: Tensor, columns: Sequence[Column]
) -> tuple[Tensor, tuple[Column, ...]]:
    known = samples[train].transpose(0, 1).flatten(1).T  # (m · steps, channels)
    means, deviations = _moments(known)
    scales = torch.tensor([_usable(d, m) for d, m in zip(deviations, means, strict=True)])
    result = (samples - means.float()[:, None, None]) / scales[:, None, None]
    made = [
        replace(column, mean=float(mean), scale=float(scale))
        for column, mean, scale in zip(columns, means, scales, strict=True)
    ]
    return result.nan_to_num_(0.0), tuple(made)


def _moments(values: Tensor) -> tuple[Tensor, Tensor]:
    """Mean and standard deviation of each column of (m, d), what is missing left out: float64."""
    x = values.double()
    mean = x.nanmean(0).nan_to_num(0.0)
    return mean, (x - mean).square().nanmean(0).nan_to_num(0.0).sqrt()


def _usable(deviation: Tensor, mean: Tensor) -> float:
    found = float(deviation)
    return found if found > FLAT * max(1.0, abs(float(mean))) else 1.0
