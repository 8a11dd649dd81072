"""How well a score, such as the reconstruction error, finds the odd ones out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from aecore.errors import InputError
from aecore.metrics.arrays import Values, as_labels, as_rows


@dataclass(frozen=True)
class Detection:
    """How well scores tell anomalies from the rest.

    roc_auc: the chance that an anomaly scores higher than a normal sample, ties counting half:
        1 perfect, 0.5 as by chance, less where the scores point the wrong way.
    average_precision: Σ (R_i − R_i−1) P_i over falling thresholds: 1 perfect, `prevalence` by
        chance.
    prevalence: the share of anomalies, without which the average precision cannot be read.
    """

    roc_auc: float
    average_precision: float
    prevalence: float


def detection(scores: Values, anomalous: Values) -> Detection:
    """Judge scores against the truth (scikit-learn's metrics).

    Args:
        scores: (n,) float, higher for what looks odder.
        anomalous: (n,), 1 or True for an anomaly, 0 for a normal sample; some of each.

    Raises InputError where the two do not match or one kind is missing.
    """
    from sklearn.metrics import average_precision_score, roc_auc_score  # slow to import

    values = as_rows(scores)
    truth = as_labels(anomalous, len(values))
    if values.shape[1] != 1 or set(np.unique(truth)) != {0, 1}:
        raise InputError("Give one score a sample, and both anomalies (1) and normal samples (0).")
    return Detection(
        float(roc_auc_score(truth, values[:, 0])),
        float(average_precision_score(truth, values[:, 0])),
        float(truth.mean()),
    )
