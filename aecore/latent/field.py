"""Where a model moves the places around its data: the arrows of r(y) - y.

For a denoiser with little Gaussian noise of standard deviation sigma, r(y) - y is about sigma²
times the score, the gradient of the log density of the noisy data (Alain and Bengio 2014, theorem
1): the arrows point to where data are.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor

SIDE = 19
"""Arrows along each side."""
EDGE = 0.15
"""How far the grid reaches beyond the data, as a share of their extent."""


class Field(NamedTuple):
    """places: (m, 1, 1, 2), where the arrows begin; moves: the same shape, r(y) - y."""

    places: Tensor
    moves: Tensor


def field(restore: Callable[[Tensor], Tensor], points: Tensor, side: int = SIDE) -> Field:
    """The arrows of a model over an even grid around points.

    Args:
        restore: r, from (m, 1, 1, 2) to the same shape.
        points: (n, 1, 1, 2), what the grid is laid around.
    """
    flat = points.flatten(1)
    low, high = flat.amin(0), flat.amax(0)
    margin = EDGE * (high - low)
    share = torch.linspace(0, 1, side)
    ends = zip(low - margin, high + margin, strict=True)
    across, up = (start + (stop - start) * share for start, stop in ends)
    places = torch.cartesian_prod(across, up)[:, None, None, :]
    return Field(places, restore(places) - places)


def best_linear(points: Tensor, sigma: float) -> Callable[[Tensor], Tensor]:
    """The linear map that takes most of a Gaussian noise away (Wiener 1949): C (C + sigma² I)^-1
    around the mean, C the covariance of clean points (n, 1, 1, d).

    sigma: standard deviation of the noise in each coordinate.
    """
    flat = points.flatten(1)
    mean, spread = flat.mean(0), flat.T.cov(correction=0)
    noise = sigma**2 * torch.eye(len(spread))
    weights = spread @ torch.linalg.pinv(spread + noise)  # of no noise and a flat cloud, too
    return lambda noisy: ((noisy.flatten(1) - mean) @ weights.T + mean).view_as(noisy)
