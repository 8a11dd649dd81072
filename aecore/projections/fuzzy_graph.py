"""UMAP's fuzzy graph: who is whose neighbour, and how surely.

McInnes, Healy and Melville 2018, section 3.1. umap-learn makes the same graph, but has to be
imported and compiled first, by each process that does. tests/test_projection_quick.py and
tests/test_fuzzy_graph.py hold this one against theirs.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from aecore.projections.neighbours import Neighbours

HALVINGS = 32
"""Of the interval in which a row's bandwidth lies: as many as float32 can tell apart."""
NARROWEST = 1e-3
"""Least bandwidth, as a share of the mean distance (umap-learn's)."""


def fuzzy_graph(neighbours: Neighbours) -> Any:
    """Weights in (0, 1] of the symmetric graph, a scipy.sparse.csr_matrix (n, n) of float32."""
    weights = memberships(torch.from_numpy(neighbours.distances))
    return joined(neighbours.places, weights.numpy())


def joined(places: NDArray[np.int64], weights: NDArray[Any]) -> Any:
    """The graph with an edge wherever either end has one: w + w' − w w', a csr_matrix (n, n).

    Args:
        places: (n, k) the neighbours of each row; weights: (n, k) of the edges to them.
    """
    one_way = _sparse(places, weights, len(places))
    return (one_way + one_way.T - one_way.multiply(one_way.T)).tocsr()


def fuzzy_bridge(neighbours: Neighbours, among: int) -> Any:
    """Weights between new samples and their nearest among `among` others, a csr_matrix (m, among).

    As umap-learn has it: nobody is a sure neighbour, and the very nearest does not count for the
    bandwidth.
    """
    distances = torch.from_numpy(neighbours.distances)
    width = _bandwidths(distances[:, 1:]).maximum(NARROWEST * distances.mean()).clamp(min=1e-30)
    bridge = _sparse(neighbours.places, (-distances / width).exp().numpy(), among)
    bridge.eliminate_zeros()
    return bridge


def between(bridge: Any, places: NDArray[np.float32]) -> NDArray[np.float32]:
    """Places (m, 2) of new samples: the mean of their neighbours' (n, 2), as the bridge weighs."""
    return np.asarray(bridge @ places / bridge.sum(1), np.float32)


def memberships(distances: Tensor) -> Tensor:
    """How surely a row's neighbours are its own, in (0, 1], from sorted distances (n, k).

    exp(-(d - d_1) / s) with s such that a row adds up to log2(k + 1); d_1 is the least distance
    that is not 0.
    """
    apart = torch.where(distances > 0, distances, torch.inf).amin(1, keepdim=True)
    gaps = (distances - torch.where(apart.isinf(), 0, apart)).clamp(min=0)
    mean = distances.sum(1, keepdim=True) / (distances.shape[1] + 1)  # itself counted, at 0
    return (-gaps / _bandwidths(gaps).maximum(NARROWEST * mean).clamp(min=1e-30)).exp()


@cache
def curve(min_dist: float) -> tuple[float, float]:
    """a and b with which 1 / (1 + a d^2b) falls off as UMAP's min_dist asks.

    Wanted is 1 up to min_dist, and exp(min_dist - d) from there on.
    """
    from scipy.optimize import curve_fit

    d = np.linspace(0, 3, 300)
    wanted = np.exp(-np.maximum(d - min_dist, 0))
    (a, b), _ = curve_fit(lambda d, a, b: 1 / (1 + a * d ** (2 * b)), d, wanted)
    return float(a), float(b)


def _bandwidths(gaps: Tensor) -> Tensor:
    """s of each row (n, 1) with which exp(-gap / s) adds up to log2(k + 1); gaps (n, k) sorted."""
    target = float(np.log2(gaps.shape[1] + 1))
    low = gaps.new_zeros(len(gaps), 1)
    high = 5 * gaps[:, -1:]  # with so wide a bandwidth k > 1 memberships exceed log2(k + 1)
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        enough = (-gaps / middle.clamp(min=1e-30)).exp().sum(1, keepdim=True) > target
        low, high = torch.where(enough, low, middle), torch.where(enough, middle, high)
    return high


def _sparse(places: NDArray[np.int64], weights: NDArray[Any], among: int) -> Any:
    from scipy.sparse import csr_matrix

    count, k = places.shape
    starts = np.arange(0, count * k + 1, k)
    return csr_matrix((weights.ravel(), places.ravel(), starts), shape=(count, among))
