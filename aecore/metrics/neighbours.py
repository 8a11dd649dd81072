"""Who is the how-manieth neighbour of whom: exact ranks, a few rows at a time.

Memory grows with n and never with n²: a chunk holds about four million distances.
"""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor

from aecore.metrics.arrays import Rows

MOST_DISTANCES = 1 << 22


def distance_chunks(*spaces: Rows) -> Iterator[tuple[Tensor, ...]]:
    """How far all samples are from a few at a time, in each of several spaces.

    Args:
        spaces: each (n, d) float64, the same samples in the same order; d may differ.

    Yields one (m, n) float64 tensor a space, for the next m samples, until all n had their turn:
    squared Euclidean distances less a number that is the same for a whole row; a sample is
    infinitely far from itself.
    """
    columns = [_centred(space) for space in spaces]
    count = len(columns[0])
    rows = max(1, MOST_DISTANCES // count)
    for start in range(0, count, rows):
        yield tuple(_distances(x, start, min(start + rows, count)) for x in columns)


def rank_chunks(*spaces: Rows) -> Iterator[tuple[Tensor, ...]]:
    """Ranks of all samples as seen from a few at a time, in each of several spaces.

    ranks[i, j] = r says that j is the r-th nearest of i by Euclidean distance; i itself has rank
    0. Of samples at equal distance the earlier row is the nearer one.

    Args:
        spaces: as for `distance_chunks`.

    Yields one (m, n) int64 tensor a space, for the next m samples, until all n had their turn.
    """
    for chunk in distance_chunks(*spaces):
        yield tuple(_ranks(distances) for distances in chunk)


def _centred(space: Rows) -> Tensor:
    # Far from the origin, |a|² + |b|² − 2 a·b would lose the digits that tell distances apart.
    return torch.from_numpy(space - space.mean(0))


def _distances(x: Tensor, start: int, end: int) -> Tensor:
    lengths = x.square().sum(1)
    distances = torch.addmm(lengths, x[start:end], x.T, alpha=-2)  # |a|² shifts a whole row
    here = torch.arange(start, end)
    distances[here - start, here] = torch.inf
    return distances


def _ranks(distances: Tensor) -> Tensor:
    own = torch.isposinf(distances)
    order = distances.masked_fill(own, -torch.inf).argsort(dim=1, stable=True)
    places = torch.arange(distances.shape[1]).expand_as(order)
    return torch.empty_like(order).scatter_(1, order, places)
