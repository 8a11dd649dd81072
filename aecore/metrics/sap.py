"""The separated attribute predictability: does one axis of the code alone predict each factor?"""

from __future__ import annotations

import numpy as np

from aecore.metrics.arrays import Rows, Values, paired_rows
from aecore.metrics.factors import Classes, checked, halves, top_two_gap


def sap(codes: Values, factors: Values, seed: int = 0) -> float:
    """Mean over factors of the gap between the two best axes, 0 to 1 (Kumar et al. 2018).

    An axis predicts a factor by thresholds, as many as tell its values apart, fitted on one half
    of the samples (a decision tree of scikit-learn on that axis); its score is the balanced
    accuracy on the other half. A factor of c values is guessed with 1 / c, so that even a perfect
    code has at most 1 − 1 / c.

    Args:
        codes: (n, d); factors: (n, f) known classes.
        seed: fixes the halves.

    Raises InputError where they do not match, or a factor has one value only.
    """
    rows, truth = checked(codes, factors)
    fit, test = halves(len(rows), seed)
    scores = [[_threshold(axis, factor, fit, test) for factor in truth.T] for axis in rows.T]
    return float(top_two_gap(np.array(scores)).mean())


def sap_continuous(codes: Values, factors: Values) -> float:
    """The same for factors that are quantities: an axis's score is R², its squared correlation.

    Arguments as for `sap`. Raises InputError where codes and factors do not match.
    """
    rows, truth = paired_rows(codes, factors)
    return float(top_two_gap(_squared_correlations(rows, truth)).mean())


def _threshold(axis: Rows, factor: Classes, fit: Classes, test: Classes) -> float:
    from sklearn.tree import DecisionTreeClassifier  # slow to import

    kinds = int(factor.max()) + 1
    tree = DecisionTreeClassifier(max_leaf_nodes=kinds, class_weight="balanced", random_state=0)
    guessed = tree.fit(axis[fit, None], factor[fit]).predict(axis[test, None])
    right, size = (np.bincount(factor[test], weights=w, minlength=kinds)
                   for w in (guessed == factor[test], None))  # fmt: skip
    return float((right[size > 0] / size[size > 0]).mean())


def _squared_correlations(rows: Rows, truth: Rows) -> Rows:
    a, b = rows - rows.mean(0), truth - truth.mean(0)
    lengths = np.outer((a**2).sum(0), (b**2).sum(0))
    shared = (a.T @ b) ** 2
    return np.divide(shared, lengths, out=np.zeros_like(shared), where=lengths > 0)
