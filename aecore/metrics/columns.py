"""How well each column of a table, or channel of a time series, is copied."""

from __future__ import annotations

from dataclasses import dataclass
from math import nan

from torch import Tensor

LEAST = 1e-12
"""Share that stands for 0, whose logarithm is infinite: a value costs 27.6 nats at most."""


@dataclass(frozen=True)
class NumberFit:
    """count: known values; rmse: root of the mean squared error; r2: share of the variance that
    is explained, 1 − Σ(x − x̂)² / Σ(x − mean(x))², below 0 for worse than the mean, NaN where all
    values are the same.
    """

    count: int
    rmse: float
    r2: float


@dataclass(frozen=True)
class CategoryFit:
    """accuracy: share of the rows whose likeliest value is the true one; cross_entropy: mean of
    −log p(true value), in nats.
    """

    count: int
    accuracy: float
    cross_entropy: float


def number_fit(x_hat: Tensor, x: Tensor, known: Tensor) -> NumberFit:
    """Of numbers: all three of one shape, known bool; what is not known does not count."""
    made, true = x_hat[known].double(), x[known].double()
    if len(true) == 0:
        return NumberFit(0, nan, nan)
    error, spread = (made - true).square().sum(), (true - true.mean()).square().sum()
    r2 = float(1 - error / spread) if spread > 0 else nan
    return NumberFit(len(true), float((error / len(true)).sqrt()), r2)


def category_fit(shares: Tensor, x: Tensor) -> CategoryFit:
    """Of a category: shares (n, values), which are cut at 0 and made to add up to 1; x: one-hot."""
    true = x.argmax(1)
    cut = shares.double().clamp_min(LEAST)
    right = (shares.argmax(1) == true).double().mean()
    nats = -(cut / cut.sum(1, keepdim=True)).gather(1, true[:, None]).log().mean()
    return CategoryFit(len(x), float(right), float(nats))


def smoothed(shares: Tensor, count: int) -> Tensor:
    """Shares of values among `count` rows as if each value had been seen once more (Laplace).

    A value that was never seen then has no share of 0, whose cross-entropy is infinite.
    """
    return (shares.double() * count + 1) / (count + len(shares))


def masked_mse(x_hat: Tensor, x: Tensor, known: Tensor) -> Tensor:
    """Mean squared error of each sample over what is known of it: (n,) float64; 0 for nothing."""
    squares = (x_hat.double() - x.double()).square() * known
    return squares.flatten(1).sum(1) / known.flatten(1).sum(1).clamp_min(1)


def worst_places(x_hat: Tensor, x: Tensor, known: Tensor) -> Tensor:
    """Where in each flattened sample the largest error is: (n,) int64."""
    return ((x_hat - x).abs() * known).flatten(1).argmax(1)
