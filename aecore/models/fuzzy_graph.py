"""Which images are neighbours, and how surely: UMAP's fuzzy graph, and draws of its edges.

McInnes, Healy and Melville 2018, sections 3.1 and 4.1. The weights are those of the projections;
here the neighbours are found on the device that trains, since they are needed for every batch that
is validated, too.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from aecore.projections.fuzzy_graph import joined, memberships

CHUNK = 1000
"""Images that are compared with all others at a time, so that memory grows with their number."""


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
    places, distances = nearest(x, min(neighbours, len(x)) - 1)
    both = joined(places.cpu().numpy(), memberships(distances).cpu().double().numpy()).tocoo()
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
