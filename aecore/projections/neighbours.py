"""The nearest others of each sample; found once, they can serve several projections.

Exact up to EXACT_UP_TO samples; of more, an inverted file (faiss's IndexIVFFlat) looks only into
the cells around a sample and finds nearly all of them.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

EXACT_UP_TO = 20_000
CELLS = 256
LOOKED_INTO = 8
CHUNK = 256
"""Samples whose distances are taken at a time."""
MOST_REMEMBERED = 4


class Neighbours(NamedTuple):
    """The nearest others, the nearest first, never a sample itself.

    places: (n, k) int64, rows of the samples looked among; distances: (n, k) float32, Euclidean.
    """

    places: NDArray[np.int64]
    distances: NDArray[np.float32]

    def first(self, count: int) -> Neighbours:
        """The `count` nearest of each."""
        return Neighbours(self.places[:, :count], self.distances[:, :count])


class Search:
    """Finds the nearest among samples that it was made of; the same again for the same samples."""

    def __init__(self, x: NDArray[np.float32]) -> None:
        """x: (n, d) float32, n of at least 2."""
        import faiss  # takes a moment to import

        faiss.omp_set_num_threads(torch.get_num_threads())
        self._rows, self._size = x, len(x)
        # Far from the origin, |a|² + |b|² − 2 a·b loses the digits that tell distances apart.
        self._centre = x.mean(0)
        rows = x - self._centre
        self._index: Any
        if len(x) <= EXACT_UP_TO:
            self._index = faiss.IndexFlatL2(x.shape[1])
        else:
            cells = faiss.IndexFlatL2(x.shape[1])
            self._index = faiss.IndexIVFFlat(cells, x.shape[1], CELLS)
            self._index.cp.seed = 0
            self._index.nprobe = LOOKED_INTO
            self._index.train(rows)
        self._index.add(rows)

    def of(self, x: NDArray[np.float32], count: int) -> Neighbours:
        """The nearest of samples (m, d) that need not be among those searched."""
        rows, count = x - self._centre, min(count, self._size)
        _, places = self._index.search(rows, count)
        lacking = (places < 0).any(1)  # too few samples in the cells around
        if lacking.any():
            self._index.nprobe = CELLS
            places[lacking] = self._index.search(rows[lacking], count)[1]
            self._index.nprobe = LOOKED_INTO
        distances = self._exact(x, places)
        order = distances.argsort(1, kind="stable")
        return Neighbours(
            np.take_along_axis(places, order, 1), np.take_along_axis(distances, order, 1)
        )

    def _exact(self, x: NDArray[np.float32], places: NDArray[np.int64]) -> NDArray[np.float32]:
        """Distances without that rounding: those of equal samples are 0."""
        distances = np.empty(places.shape, np.float32)
        for start in range(0, len(x), CHUNK):  # so few that they stay in the processor's cache
            part = slice(start, start + CHUNK)
            for column in range(places.shape[1]):
                near = self._rows[places[part, column]]
                distances[part, column] = np.linalg.norm(x[part] - near, axis=1)
        return distances

    def of_itself(self, x: NDArray[np.float32], count: int) -> Neighbours:
        """The nearest others of the very samples that are searched, given again."""
        found = self.of(x, count + 1)
        # Among equals, a sample itself may stand anywhere, or have been crowded out.
        own = found.places == np.arange(len(x))[:, None]
        own[~own.any(1), -1] = True
        shape = (len(x), found.places.shape[1] - 1)
        return Neighbours(found.places[~own].reshape(shape), found.distances[~own].reshape(shape))


def nearest_others(x: NDArray[np.float32], count: int) -> Neighbours:
    """The nearest others of each of the samples (n, d), n of at least 2; at most n - 1 of them."""
    return Search(x).of_itself(x, min(count, len(x) - 1))


Find = Callable[[NDArray[np.float32], int], Neighbours]
"""As `nearest_others`."""


class Memory:
    """Finds neighbours and remembers those found last, so that several maps can share them."""

    def __init__(self) -> None:
        self._found: OrderedDict[tuple[bytes, ...], Neighbours] = OrderedDict()

    def others(self, x: NDArray[np.float32], count: int) -> Neighbours:
        """As `nearest_others`."""
        return self._once((_digest(x),), count, lambda: nearest_others(x, count))

    def between(self, x: NDArray[np.float32], among: NDArray[np.float32], count: int) -> Neighbours:
        """The nearest of samples `among` to each of others x, as `Search.of`."""
        key = (_digest(x), _digest(among))
        return self._once(key, count, lambda: Search(among).of(x, count))

    def _once(
        self, key: tuple[bytes, ...], count: int, find: Callable[[], Neighbours]
    ) -> Neighbours:
        known = self._found.pop(key, None)
        if known is None or known.places.shape[1] < count:
            known = find()
        self._found[key] = known
        if len(self._found) > MOST_REMEMBERED:
            self._found.popitem(last=False)
        return known.first(count)


def _digest(x: NDArray[np.float32]) -> bytes:
    head = f"{x.dtype} {x.shape}".encode()
    return hashlib.sha256(head + np.ascontiguousarray(x).tobytes()).digest()
