"""Modularity: does each axis of the code know one factor alone?"""

from __future__ import annotations

import numpy as np

from aecore.metrics.arrays import Rows, Values
from aecore.metrics.factors import mutual_information


def modularity(codes: Values, factors: Values) -> float:
    """Modularity of a code, 0 to 1; arguments and errors as for `mig`, with two factors or more."""
    return modularity_of(mutual_information(codes, factors))


def modularity_of(information: Rows) -> float:
    """Mean over axes of 1 − Σ_{k ≠ best} I_jk² / (I_j,best² (f − 1)) (Ridgeway and Mozer 2018).

    1 where each axis knows one factor alone, also if several know the same; an axis that knows
    nothing counts 0.

    Args:
        information: (d, f), 0 or more, f of at least 2: `mutual_information`, say.
    """
    squared = information**2
    best = squared.max(1)
    known = best > 0
    others = (squared.sum(1) - best)[known] / (best[known] * (squared.shape[1] - 1))
    scores = np.zeros(len(squared))
    scores[known] = 1 - others
    return float(scores.mean())
