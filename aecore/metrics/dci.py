"""DCI: which axes of the code matter for which factors, by what a regressor makes of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from aecore.metrics.arrays import Rows, Values
from aecore.metrics.factors import checked, halves

TREES = 20


@dataclass(frozen=True)
class Dci:
    """The three scores of Eastwood and Williams 2018, each 0 to 1.

    disentanglement: each axis matters for one factor only;
    completeness: each factor needs one axis only;
    informativeness: accuracy with which the factors are predicted from unseen codes.
    """

    disentanglement: float
    completeness: float
    informativeness: float


def dci(codes: Values, factors: Values, seed: int = 0) -> Dci:
    """Fit a random forest for each factor on one half of the samples, and score it on the other.

    The importance of an axis for a factor is that of scikit-learn's forest (20 trees that look at
    every axis at every split). Gradient-boosted trees, as in disentanglement_lib, or the paper's
    lasso give other figures: compare those of one kind only.

    Args:
        codes: (n, d), d of at least 2; factors: (n, f) known classes, f of at least 2.
        seed: fixes the halves and the forests.

    Raises InputError where they do not match, or a factor has one value only.
    """
    from sklearn.ensemble import RandomForestClassifier  # slow to import

    rows, truth = checked(codes, factors)
    fit, test = halves(len(rows), seed)
    importance, accuracy = [], []
    for factor in truth.T:
        forest = RandomForestClassifier(TREES, max_features=None, random_state=seed)
        forest.fit(rows[fit], factor[fit])
        importance.append(forest.feature_importances_)
        accuracy.append(forest.score(rows[test], factor[test]))
    found = np.array(importance).T
    return Dci(disentanglement_of(found), completeness_of(found), float(np.mean(accuracy)))


def disentanglement_of(importance: Rows) -> float:
    """Σ_j ρ_j (1 − H_f(row j)), ρ_j the share of axis j in all importance; 0 where there is none.

    H_f is the entropy to the base f of a row scaled to sum to 1.

    Args:
        importance: (d, f), 0 or more, f of at least 2.
    """
    total = importance.sum()
    if total == 0:
        return 0.0
    return float((importance.sum(1) / total) @ (1 - _entropies(importance)))


def completeness_of(importance: Rows) -> float:
    """The same by columns: Σ_k ρ_k (1 − H_d(column k)); d of at least 2."""
    return disentanglement_of(importance.T)


def _entropies(importance: Rows) -> NDArray[np.float64]:
    """The entropy of each row, to the base of its length: 0 where it is empty."""
    sums = importance.sum(1, keepdims=True)
    share = np.divide(importance, sums, out=np.zeros_like(importance), where=sums > 0)
    logs = np.log(share, out=np.zeros_like(share), where=share > 0)
    return -(share * logs).sum(1) / np.log(importance.shape[1])
