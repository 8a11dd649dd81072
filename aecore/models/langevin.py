"""Two functions of a density ∝ exp(k w) for w between -1 and 1, exact also where k is near 0.

Such are a pixel under the continuous Bernoulli likelihood and the height of a point on a sphere
under the von Mises-Fisher density. log(sinh k / k) is the log of its normaliser beside that of
k = 0, and its derivative, the Langevin function coth k - 1/k, is the mean of w.
"""

import math

import torch
from torch import Tensor

NEAR = 0.3
"""Below it the closed forms are differences of nearly equal numbers; five terms of the series
are exact to 1e-10 there."""


def log_sinhc(k: Tensor) -> Tensor:
    """log(sinh k / k) elementwise, for any real k."""
    size = k.abs()
    near, far = size.clamp(max=NEAR), size.clamp(min=NEAR)
    s = near.square()
    series = s / 6 * (1 - s / 30 * (1 - s * 4 / 63 * (1 - s * 3 / 40 * (1 - s * 8 / 99))))
    closed = far - math.log(2) + torch.log1p(-(-2 * far).exp()) - far.log()
    return torch.where(size < NEAR, series, closed)


def langevin(k: Tensor) -> Tensor:
    """coth k - 1/k elementwise, for any real k: from -1 to 1."""
    near = k.clamp(-NEAR, NEAR)
    far = torch.where(k.abs() < NEAR, torch.full_like(k, NEAR), k)
    s = near.square()
    series = near / 3 * (1 - s / 15 * (1 - s * 2 / 21 * (1 - s / 10 * (1 - s * 10 / 99))))
    return torch.where(k.abs() < NEAR, series, 1 / far.tanh() - 1 / far)


def inverse_langevin(mean: Tensor) -> Tensor:
    """The k whose mean is `mean`, in (-1, 1), to 5 %: the Padé approximant of Cohen 1991."""
    return mean * (3 - mean.square()) / (1 - mean.square())
