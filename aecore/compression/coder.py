"""A range coder: whole numbers to about as few bytes as their frequencies allow.

A message is a part of the line from 0 to 1: each symbol narrows the part to its own share, and
the shortest binary fraction inside the last part is the file (Martin 1979; Witten, Neal and Cleary
1987). The line is held as 56 bits of whole numbers, so that writer and reader agree exactly.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from aecore.errors import InputError

Symbols = NDArray[np.int64]
"""(n, k) whole numbers, column j from 0 to levels − 1 of its own alphabet."""
Counts = NDArray[np.uint32]
"""(k, levels): how often each symbol of column j was seen, at least 1 where it can occur."""

BYTES = 7
LINE = 1 << 8 * BYTES
SETTLED = LINE >> 8
"""Once the part is shorter than this, the leading byte of its start can be written."""
MOST_COUNTED = 1 << 32
"""Sum of a row of counts; the part is never shorter than 2^48, so that a share of it is exact to
2^-16."""


def encode(symbols: Symbols, counts: Counts) -> bytes:
    """Write rows of symbols one after the other.

    It takes at most a byte more than Σ −log2(count / sum of its row) / 8, or a thousandth where
    that is more.

    Raises InputError where a symbol has no count.
    """
    sums = _sums(counts)
    columns = np.arange(len(counts))
    inside = (symbols >= 0) & (symbols < counts.shape[1])
    clipped = np.where(inside, symbols, 0)
    starts, sizes = sums[columns, clipped], counts[columns, clipped]
    if not inside.all() or not sizes.all():
        raise InputError("A symbol has no frequency; give each that can occur a count of 1.")
    totals = np.broadcast_to(sums[:, -1], symbols.shape)
    return _written(*(values.ravel().tolist() for values in (starts, sizes, totals)))


def decode(content: bytes, rows: int, counts: Counts) -> Symbols:
    """Read what `encode` wrote with the same counts: (rows, k).

    Raises InputError where no message of these counts can read so.
    """
    sums = _sums(counts)
    totals = sums[:, -1].tolist()
    found = np.empty((rows, len(totals)), np.int64)
    value, at, part = int.from_bytes(content[:BYTES].ljust(BYTES, b"\0")), BYTES, LINE
    for row in found:
        for column, total in enumerate(totals):
            share = part // total
            place = value // share
            if place >= total:
                raise InputError("The compressed numbers are damaged; make the file again.")
            line = sums[column]
            symbol = int(line.searchsorted(place, "right")) - 1
            row[column] = symbol
            start = int(line[symbol])
            value -= share * start
            part = share * (int(line[symbol + 1]) - start)
            while part < SETTLED:
                value = value << 8 | (content[at] if at < len(content) else 0)
                at, part = at + 1, part << 8
    return found


def _written(starts: list[int], sizes: list[int], totals: list[int]) -> bytes:
    out = bytearray()
    low, part = 0, LINE
    for start, size, total in zip(starts, sizes, totals, strict=True):
        share = part // total
        low, part = low + share * start, share * size
        while part < SETTLED:
            _append(out, low >> 8 * (BYTES - 1))
            low, part = (low & SETTLED - 1) << 8, part << 8
    return _ended(out, low, part)


def _ended(out: bytearray, low: int, part: int) -> bytes:
    """With the fewest bytes that name a place in the part; a reader takes zeros to follow."""
    for more in range(BYTES + 1):
        unit = LINE >> 8 * more
        place = -(-low // unit) * unit
        if place < low + part:
            break
    # At least one, though it may be 0: what carries must carry into the bytes before.
    for shift in range(BYTES - 1, BYTES - 1 - max(more, 1), -1):
        _append(out, place >> 8 * shift)
        place &= (1 << 8 * shift) - 1
    return bytes(out.rstrip(b"\0"))


def _append(out: bytearray, byte: int) -> None:
    """Append a byte; one above 255 carries into those before it."""
    out.append(byte & 255)
    at = len(out) - 2
    while byte > 255:
        byte = out[at] + 1
        out[at] = byte & 255
        at -= 1


def _sums(counts: Counts) -> NDArray[np.int64]:
    """Where each symbol starts, and where the last one ends: (k, levels + 1)."""
    sums = np.zeros((counts.shape[0], counts.shape[1] + 1), np.int64)
    np.cumsum(counts, axis=1, out=sums[:, 1:])
    if not (sums[:, -1] > 0).all() or (sums[:, -1] > MOST_COUNTED).any():
        raise InputError("Frequencies must be whole numbers with a sum from 1 to 2^32.")
    return sums
