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


def perplexity(indices: Values) -> float:
    """How many entries of a code book are in use: exp(−Σ p log p), 1 or more.

    p is the share of each entry among all indices. It is the size of the book where all entries
    are used equally often, and 1 where one is used alone (van den Oord et al. 2017 report it).

    Args:
        indices: whole numbers, 0 or more, in any shape. Raises InputError where there is none, or
            one below 0.
    """
    flat = np.asarray(indices).astype(np.int64).ravel()
    if flat.size == 0 or flat.min() < 0:
        raise InputError("Expected indices of entries of a code book, 0 or more; got none or less.")
    share = np.bincount(flat) / flat.size
    used = share[share > 0]
    return float(np.exp(-(used * np.log(used)).sum()))
