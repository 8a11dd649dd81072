"""Codes to whole numbers and back: the step that loses something."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from aecore.compression.coder import Symbols
from aecore.errors import InputError

Codes = NDArray[np.float32]
"""(n, d): the codes of n images."""
MOST_BITS = 12


@dataclass(frozen=True)
class Grid:
    """Uniform cells for each number of a code.

    Number j lies in cell floor((z_j − low_j) / step_j), cut to 0 … cells_j − 1, and comes back as
    the mean of those training codes that were in this cell, or as its middle where there were
    none. A number that never changed has one cell and costs nothing.

    low, step: (k,) float64; cells: (k,) int64; values: (k, levels) float32, levels the most cells.
    """

    low: NDArray[np.float64]
    step: NDArray[np.float64]
    cells: NDArray[np.int64]
    values: NDArray[np.float32]

    def symbols(self, codes: Codes) -> Symbols:
        """The cell of each number: (n, k). Raises InputError for what is no finite number."""
        if not np.isfinite(codes).all():
            raise InputError(
                "The model gives codes that are no numbers; train it again with a smaller "
                "learning rate."
            )
        place = np.floor((codes.astype(np.float64) - self.low) / self.step)
        return place.clip(0, self.cells - 1).astype(np.int64)

    def codes(self, symbols: Symbols) -> Codes:
        """What stands for each cell: (n, k)."""
        return self.values[np.arange(len(self.cells)), symbols]

    @property
    def reachable(self) -> NDArray[np.bool_]:
        """Which symbols can occur: (k, levels)."""
        return np.arange(self.values.shape[1]) < self.cells[:, None]


def fit_grid(codes: Codes, bits: int, *, one_step: bool = False) -> Grid:
    """Cells between the least and the greatest training code of each number.

    Args:
        codes: (n, k) of training images, n of at least 1.
        bits: 1 to 12; each number has 2^bits cells.
        one_step: cells of one width for all numbers instead: that of the number that varies most,
            so that those that vary less have fewer. It suits axes of equal length, as PCA's are.

    Raises InputError where the bits do not fit or a code is no finite number.
    """
    if not 1 <= bits <= MOST_BITS:
        raise InputError(f"Bits a number: expected 1 to {MOST_BITS}, got {bits}.")
    if not len(codes) or not np.isfinite(codes).all():
        raise InputError("Cells can be laid out only for training codes that are finite numbers.")
    low, high = codes.min(0).astype(np.float64), codes.max(0).astype(np.float64)
    span = high - low
    step = np.full_like(span, span.max()) if one_step else span
    step = np.where(step > 0, step / 2**bits, 1.0)
    cells = np.ceil(span / step).astype(np.int64).clip(1, 2**bits)
    middles = low[:, None] + step[:, None] * (np.arange(cells.max()) + 0.5)
    empty = Grid(low, step, cells, middles.astype(np.float32))
    return Grid(low, step, cells, _means(codes, empty))


def _means(codes: Codes, grid: Grid) -> NDArray[np.float32]:
    """The mean training code in each cell, and the middle of a cell that has none."""
    symbols, (numbers, levels) = grid.symbols(codes), grid.values.shape
    means = grid.values.copy()
    for number in range(numbers):
        counts = np.bincount(symbols[:, number], minlength=levels)
        sums = np.bincount(symbols[:, number], codes[:, number], minlength=levels)
        used = counts > 0
        means[number, used] = sums[used] / counts[used]
    return means


@dataclass(frozen=True)
class Book:
    """Codes that are made of entries of a code book already: whole numbers, and nothing is lost.

    values: (entries, size) float32; places: how many entries a code has.
    """

    values: NDArray[np.float32]
    places: int

    def symbols(self, codes: Codes) -> Symbols:
        """Which entries codes (n, places · size) are made of: (n, places).

        Raises InputError for codes that are made of none.
        """
        vectors = codes.reshape(-1, self.values.shape[1])
        try:
            found = [self._entries[vector.tobytes()] for vector in vectors]
        except KeyError:
            raise InputError("A code is made of no entries of this model's code book.") from None
        return np.array(found, np.int64).reshape(-1, self.places)

    def codes(self, symbols: Symbols) -> Codes:
        """The entries behind each other: (n, places · size)."""
        return self.values[symbols].reshape(len(symbols), self.places * self.values.shape[1])

    @property
    def reachable(self) -> NDArray[np.bool_]:
        """Which symbols can occur: (places, entries), all."""
        return np.ones((self.places, len(self.values)), np.bool_)

    @cached_property
    def _entries(self) -> dict[bytes, int]:
        return {vector.tobytes(): place for place, vector in enumerate(self.values)}
