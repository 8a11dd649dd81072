"""New codes like those that a model has given, and whether their images are copies."""

from __future__ import annotations

from copy import copy
from typing import Any, NamedTuple

import torch
from torch import Generator, Tensor

from aecore.errors import InputError
from aecore.projections.neighbours import Search
from aecore.samples import to_float

MOST_FULL = 64
"""Numbers of a code up to which each part of a mixture has all covariances."""


class Mixture(NamedTuple):
    """A fitted Gaussian mixture (scikit-learn's), its parts, and what covariances they have."""

    fitted: Any
    parts: int
    covariance: str


def from_gaussian(codes: Tensor, count: int, seed: int) -> Tensor:
    """Draws from the Gaussian with the mean and the full covariance of codes (n, d): (count, d).

    A weighted sum of the n centred codes with standard normal weights, over sqrt(n - 1), has just
    their covariance, whatever its rank, and nothing need be decomposed; n at least 1.
    """
    generator = Generator().manual_seed(seed)
    weights = torch.randn(count, len(codes), generator=generator)
    middle = codes.mean(0)
    return middle + weights @ (codes - middle) / max(1, len(codes) - 1) ** 0.5


def fit_mixture(codes: Tensor, parts: int, seed: int = 0) -> Mixture:
    """A Gaussian mixture of codes (n, d) with `parts` components, or n where that is less.

    Of codes with more than `MOST_FULL` numbers the components know no covariances. Raises
    InputError where the codes cannot be fitted.
    """
    from sklearn.mixture import GaussianMixture  # slow to import
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

    parts = min(parts, len(codes))
    covariance = "full" if codes.shape[1] <= MOST_FULL else "diag"
    try:
        fitted = GaussianMixture(parts, covariance_type=covariance, random_state=seed)
        with threadpool_limits(1):  # many threads for such small matrices wait for each other
            fitted.fit(codes.double().numpy())
    except ValueError as error:
        raise InputError(
            f"A mixture of {parts} Gaussians cannot be fitted to these codes; choose fewer."
        ) from error
    return Mixture(fitted, parts, covariance)


def from_mixture(mixture: Mixture, count: int, seed: int) -> Tensor:
    """Draws from a fitted mixture: (count, d) float32, in the order of its components."""
    drawing = copy(mixture.fitted)  # the fitted one may serve others at the same time
    drawing.random_state = seed
    return torch.from_numpy(drawing.sample(count)[0]).float()


class Nearest(NamedTuple):
    """The nearest of other images for each of some: places (n,) int64, distances (n,) float32.

    A distance is the root of the mean squared difference of pixels, 0 to 1.
    """

    places: Tensor
    distances: Tensor


def nearest(images: Tensor, others: Tensor) -> Nearest:
    """The nearest of `others` (m, C, H, W) uint8 for each of `images` (n, C, H, W) uint8.

    m is 2 to 20,000, up to which `Search` is exact.
    """
    rows = to_float(others).flatten(1).numpy()
    found = Search(rows).of(to_float(images).flatten(1).numpy(), 1)
    scale = rows.shape[1] ** 0.5
    return Nearest(
        torch.from_numpy(found.places[:, 0]), torch.from_numpy(found.distances[:, 0] / scale)
    )
