"""How much of a code is in use: zeros, units that never fire, entries of a code book."""

from __future__ import annotations

import numpy as np

from aecore.errors import InputError
from aecore.metrics.arrays import Values, as_rows


def sparsity(codes: Values) -> float:
    """The share of the numbers of all codes that are exactly 0, from 0 to 1.

    A code that only comes close to 0, as with an L1 penalty on a linear layer, has a sparsity of 0.

    Args:
        codes: (n, …). Raises InputError where there is none.
    """
    return float((as_rows(codes) == 0).mean())


def dead_units(codes: Values) -> int:
    """How many units are exactly 0 in every code.

    Such a unit takes no part in any of these reconstructions; over few codes a rare one looks
    dead too. Arguments and errors as for `sparsity`.
    """
    return int((as_rows(codes) == 0).all(0).sum())


def perplexity(indices: Values, size: int) -> float:
    """How many entries of a code book are in use: exp(−Σ p log p), from 1 to `size`.

    p is the share of each entry among all indices; the perplexity is `size` where all are used
    equally often, and 1 where one is used alone (van den Oord et al. 2017 report it).

    Args:
        indices: whole numbers from 0 to size − 1, in any shape, at least one.
        size: how many entries the code book has.

    Raises InputError where an index is out of that range.
    """
    flat = np.asarray(indices).astype(np.int64).ravel()
    if flat.size == 0 or flat.min() < 0 or flat.max() >= size:
        raise InputError(f"Expected indices from 0 to {size - 1}, got others or none.")
    share = np.bincount(flat, minlength=size) / flat.size
    used = share[share > 0]
    return float(np.exp(-(used * np.log(used)).sum()))
