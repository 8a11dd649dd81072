"""A quantiser and the frequencies of its symbols: codes to bytes and back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from typing import Any

import numpy as np
from numpy.typing import NDArray

from aecore.compression.coder import Counts, decode, encode
from aecore.compression.quantise import Book, Codes, Grid, fit_grid


@dataclass(frozen=True)
class Codec:
    """Belongs to a decoder and is told to every reader beforehand, so a file need not hold it.

    bits: of a number, 0 where the codes are entries of a book. counts: (k, levels) uint32, how
    often each symbol stood at its place in training codes, plus 1 (Laplace 1814), so that one
    that was never seen can be written too.
    """

    bits: int
    quantiser: Grid | Book
    counts: Counts

    def pack(self, codes: Codes) -> bytes:
        """Codes (n, d) as bytes. Raises InputError for what is no finite number."""
        return encode(self.quantiser.symbols(codes), self.counts)

    def unpack(self, content: bytes, rows: int) -> Codes:
        """The codes of `pack`, each at the value that stands for its symbol: (rows, d).

        Raises InputError where the bytes are damaged beyond reading.
        """
        return self.quantiser.codes(decode(content, rows, self.counts))

    def quantised(self, codes: Codes) -> Codes:
        """What is left of codes (n, d) after a file."""
        return self.quantiser.codes(self.quantiser.symbols(codes))

    def arrays(self) -> dict[str, NDArray[Any]]:
        """All that a reader must know, by name; `from_arrays` is the way back."""
        told: dict[str, NDArray[Any]] = {"bits": np.array(self.bits, np.int64)}
        told |= {"counts": self.counts, "values": self.quantiser.values}
        if isinstance(self.quantiser, Grid):
            grid = self.quantiser
            told |= {"low": grid.low, "step": grid.step, "cells": grid.cells}
        return told

    @property
    def size(self) -> int:
        """Bytes of all that a reader must know besides the decoder."""
        return sum(array.nbytes for array in self.arrays().values())

    @cached_property
    def fingerprint(self) -> str:
        """sha256 of all that a reader must know, in hexadecimal."""
        arrays = self.arrays()
        told = (name.encode() + arrays[name].tobytes() for name in sorted(arrays))
        return sha256(b"".join(told)).hexdigest()


def from_arrays(arrays: Mapping[str, NDArray[Any]]) -> Codec:
    """The codec that `arrays` tells of."""
    bits, counts, values = int(arrays["bits"]), arrays["counts"], arrays["values"]
    if bits == 0:
        return Codec(bits, Book(values, len(counts)), counts)
    return Codec(bits, Grid(arrays["low"], arrays["step"], arrays["cells"], values), counts)


def fit_codec(codes: Codes, bits: int, *, one_step: bool = False) -> Codec:
    """A codec for the numbers of training codes (n, k); arguments and errors as for `fit_grid`."""
    return _counted(bits, fit_grid(codes, bits, one_step=one_step), codes)


def book_codec(codes: Codes, book: NDArray[np.float32]) -> Codec:
    """A codec for training codes (n, places · size) made of entries of a book (entries, size)."""
    return _counted(0, Book(book, codes.shape[1] // book.shape[1]), codes)


def _counted(bits: int, quantiser: Grid | Book, codes: Codes) -> Codec:
    symbols, counts = quantiser.symbols(codes), quantiser.reachable.astype(np.uint32)
    for place, seen in enumerate(symbols.T):
        counts[place] += np.bincount(seen, minlength=counts.shape[1]).astype(np.uint32)
    return Codec(bits, quantiser, counts)
