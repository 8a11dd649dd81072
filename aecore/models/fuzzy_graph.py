"""Which images are neighbours, and how surely: UMAP's fuzzy graph, and draws of its edges.

McInnes, Healy and Melville 2018, sections 3.1 and 4.1. umap-learn makes the same graph, but it
takes ten seconds to import and compile, at each start of a run and after each pause; this one is
needed for every batch that is validated, too. tests/test_fuzzy_graph.py holds it against theirs.
"""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

CHUNK = 1000
"""Images that are compared with all others at a time, so that memory grows with their number."""
HALVINGS = 32
"""Of the interval in which a row's bandwidth lies: as many as float32 can tell apart."""
NARROWEST = 1e-3
"""Least bandwidth, as a share of the row's mean distance (umap-learn's)."""


class Graph(NamedTuple):
    """Edges from `heads` to `tails`, both (edges,) int64, and the running sum of their weights.

    All lie on the CPU; the sums are float64, since float32 has too few digits for a million.
    """

    heads: Tensor
    tails: Tensor
    sums: Tensor

    def draw(self, count: int) -> tuple[Tensor, Tensor]:
        """Heads and tails of `count` edges, each as likely as it weighs; from torch's own state."""
        at = torch.rand(count, dtype=torch.float64) * self.sums[-1]
        edges = torch.searchsorted(self.sums, at, right=True).clamp(max=len(self.sums) - 1)
        return self.heads[edges], self.tails[edges]


def fuzzy_graph(x: Tensor, neighbours: int) -> Graph:
    """The graph of images as rows (n, pixels), n at least 3.

    Each image is surely joined to its nearest and less so to the others, as one row of weights
    that add up to log2(neighbours); an edge is there if either end has it.

    Args:
        neighbours: nearest images that each is joined to, itself counted, as umap-learn has it.
    """
    from scipy.sparse import csr_array

    count = min(neighbours, len(x))
    places, distances = nearest(x, count - 1)
    rows = torch.arange(len(x)).repeat_interleave(count - 1)
    values = memberships(distances).flatten().cpu().double()
    shape = (len(x), len(x))
    one_way = csr_array((values.numpy(), (rows.numpy(), places.flatten().cpu().numpy())), shape)
    both = (one_way + one_way.T - one_way * one_way.T).tocoo()
    heads, tails = (torch.from_numpy(ends.astype(np.int64)) for ends in both.coords)
    return Graph(heads, tails, torch.from_numpy(both.data).cumsum(0))


def nearest(x: Tensor, count: int) -> tuple[Tensor, Tensor]:
    """Places and Euclidean distances of the nearest other rows, by distance: (n, count) each."""
    x = x - x.mean(0)  # products of large numbers would leave few digits to the distances
    places, distances = [], []
    for start in range(0, len(x), CHUNK):
        part = x[start : start + CHUNK]
        rough = torch.cdist(part, x)
        rough.diagonal(start).fill_(torch.inf)
        rows = rough.topk(count, largest=False).indices
        exact = (x[rows] - part[:, None]).norm(dim=2)  # of equal images it is 0
        order = exact.argsort(1)
        places.append(rows.gather(1, order))
        distances.append(exact.gather(1, order))
    return torch.cat(places), torch.cat(distances)


def memberships(distances: Tensor) -> Tensor:
    """How surely a row's neighbours are its own, in (0, 1], from sorted distances (n, k), k > 1.

    exp(-(d - d_1) / s) with s such that a row adds up to log2(k + 1); d_1 is the least distance
    that is not 0.
    """
    n, k = distances.shape
    apart = torch.where(distances > 0, distances, torch.inf).amin(1, keepdim=True)
    gaps = (distances - torch.where(apart.isinf(), 0, apart)).clamp(min=0)
    target = float(np.log2(k + 1))
    low = distances.new_zeros(n, 1)
    high = 5 * gaps[:, -1:]  # with so wide a bandwidth k > 1 memberships exceed log2(k + 1)
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        enough = (-gaps / middle.clamp(min=1e-30)).exp().sum(1, keepdim=True) > target
        low, high = torch.where(enough, low, middle), torch.where(enough, middle, high)
    width = high.maximum(NARROWEST * distances.mean(1, keepdim=True)).clamp(min=1e-30)
    return (-gaps / width).exp()


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
