"""What the disentanglement metrics share: known factors, and what a code tells about each."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from aecore.errors import InputError
from aecore.metrics.arrays import Rows, Values, paired_rows

BINS = 20
"""Into how many bins of equal width an axis of the code is cut."""

Classes = NDArray[np.int64]


def checked(codes: Values, factors: Values) -> tuple[Rows, Classes]:
    """Codes (n, d) float64 and factors (n, f) as classes from 0 on, column by column.

    Raises InputError where they do not match, or a factor has one value only.
    """
    rows, truth = paired_rows(codes, factors)
    columns = [np.unique(column, return_inverse=True)[1] for column in truth.T]
    if any(column.max() == 0 for column in columns):
        raise InputError("A factor has the same value everywhere; leave it out.")
    return rows, np.stack(columns, axis=1).astype(np.int64)


def mutual_information(codes: Values, factors: Values) -> Rows:
    """I(z_j; v_k) in nats, estimated from histograms of 20 bins: (d, f), each 0 or more.

    Args:
        codes: (n, d); factors: (n, f), each column a factor with a few values.

    Raises InputError where they do not match.
    """
    from sklearn.metrics import mutual_info_score  # slow to import

    rows, truth = checked(codes, factors)
    axes = [_binned(column) for column in rows.T]
    return np.array([[mutual_info_score(factor, axis) for factor in truth.T] for axis in axes])


def entropies(factors: Classes) -> NDArray[np.float64]:
    """H(v_k) of each factor in nats: (f,)."""
    shares = [np.bincount(column) / len(column) for column in factors.T]
    return np.array([-(share[share > 0] * np.log(share[share > 0])).sum() for share in shares])


def halves(count: int, seed: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Two random halves of `count` samples, to fit on and to score on."""
    order = np.random.default_rng(seed).permutation(count)
    return order[: count // 2], order[count // 2 :]


def top_two_gap(scores: Rows) -> NDArray[np.float64]:
    """By how much the best axis of a code beats the second for each factor: (d, f) to (f,)."""
    ordered = np.sort(scores, axis=0)[::-1]
    return ordered[0] - ordered[1] if len(ordered) > 1 else ordered[0]


def _binned(column: NDArray[np.float64]) -> Classes:
    edges = np.histogram_bin_edges(column, BINS)
    return np.digitize(column, edges[1:-1])
