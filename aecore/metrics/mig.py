"""The mutual information gap: does one axis of the code alone know each factor?"""

from __future__ import annotations

from aecore.metrics.arrays import Values
from aecore.metrics.factors import checked, entropies, mutual_information, top_two_gap


def mig(codes: Values, factors: Values) -> float:
    """Mean over factors of (I(z_1; v) − I(z_2; v)) / H(v), 0 to 1 (Chen et al. 2018).

    z_1 and z_2 are the axes that tell most and second most about the factor v. 1 where each
    factor is known from one axis and from no other; 0 where it is known from none, or from two
    alike. The mutual information is taken from histograms of 20 bins, as in disentanglement_lib.

    Args:
        codes: (n, d), such as posterior means; factors: (n, f) known classes.

    Raises InputError where they do not match, or a factor has one value only.
    """
    _, truth = checked(codes, factors)
    return float((top_two_gap(mutual_information(codes, factors)) / entropies(truth)).mean())
