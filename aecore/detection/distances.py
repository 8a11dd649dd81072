"""Distances from rows of numbers to those that are known: what several scores are made of."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import pinvh

from aecore.detection.base import Scores
from aecore.projections.neighbours import Search

Rows = NDArray[np.float32]
"""(n, d) float32: one row an image."""
Distance = Callable[[Rows], Scores]
"""From further rows (m, d) to one distance each, (m,)."""


def mahalanobis(known: Rows) -> Distance:
    """sqrt((x − m)ᵀ S⁻¹ (x − m)) with the mean m and the covariance S of the known rows.

    Where these do not vary in some direction, S⁻¹ is the pseudo-inverse, and that direction
    counts for nothing.

    Args:
        known: (n, d), n of at least 2.
    """
    mean = known.mean(0, dtype=np.float64)
    inverse = pinvh(np.atleast_2d(np.cov(known, rowvar=False, dtype=np.float64)))

    def distance(rows: Rows) -> Scores:
        off = rows - mean
        # Rounding can bring a row at the mean a hair below 0.
        return np.sqrt(np.einsum("ij,ij->i", off @ inverse, off).clip(0))

    return distance


def neighbour_distance(known: Rows, k: int) -> Distance:
    """The Euclidean distance to the k-th nearest of the known rows (Ramaswamy et al. 2000).

    Args:
        known: (n, d), n of at least 2; of fewer than k, the farthest counts.
    """
    search = Search(known)
    return lambda rows: search.of(rows, k).distances[:, -1].astype(np.float64)
