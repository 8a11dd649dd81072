"""What a simple classifier reads from codes that it never saw: linear probe, nearest neighbours.

Both are fitted on the codes of training images and scored on those of other images, from 0 to 1.
"""

from __future__ import annotations

import warnings

import numpy as np
from numpy.typing import NDArray

from aecore.errors import InputError
from aecore.metrics.arrays import Rows, Values, as_labels, as_rows

MOST_ITERATIONS = 300


def linear_accuracy(
    codes: Values, labels: Values, test_codes: Values, test_labels: Values
) -> float:
    """Accuracy of a logistic regression on standardised codes (scikit-learn's, C = 1).

    Standardised by the training codes' mean and deviation, so that no axis counts more for being
    long: what a collapsed axis still holds is stretched to full size. Says what a straight cut can
    tell apart (Alain and Bengio 2017). The fit ends after 300 steps of L-BFGS, converged or not.

    Args:
        codes: (n, …) and labels: (n,), of at least two classes, to fit on.
        test_codes: (m, …) and test_labels: (m,), to score on.

    Raises InputError where rows and labels do not match.
    """
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    train, kinds, test, wanted = _checked(codes, labels, test_codes, test_labels)
    model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=MOST_ITERATIONS))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # said above
        model.fit(train, kinds)
    return float(model.score(test, wanted))


def neighbour_accuracy(
    codes: Values, labels: Values, test_codes: Values, test_labels: Values, k: int = 5
) -> float:
    """Accuracy of the vote of the k nearest training codes by Euclidean distance (scikit-learn's).

    Blind to scale: a code that has shrunk almost to a point can still score well, so it tells
    nothing about posterior collapse. Look at the KL and the active units for that.

    Args:
        codes, labels, test_codes, test_labels: as for `linear_accuracy`.
        k: voters, at least 1; all codes vote where there are fewer.

    Raises InputError where rows and labels do not match.
    """
    from sklearn.neighbors import KNeighborsClassifier

    train, kinds, test, wanted = _checked(codes, labels, test_codes, test_labels)
    # Brute force goes through the test codes in chunks, and is exact in any dimension.
    model = KNeighborsClassifier(min(k, len(train)), algorithm="brute").fit(train, kinds)
    return float(model.score(test, wanted))


def _checked(
    codes: Values, labels: Values, test_codes: Values, test_labels: Values
) -> tuple[Rows, NDArray[np.int64], Rows, NDArray[np.int64]]:
    train, test = as_rows(codes), as_rows(test_codes)
    if train.shape[1] != test.shape[1]:
        raise InputError(
            f"Codes of {train.shape[1]} numbers cannot be scored on codes of {test.shape[1]}; "
            "take both from one model."
        )
    kinds = as_labels(labels, len(train))
    if len(np.unique(kinds)) < 2:
        raise InputError("There is only one class to fit on; give codes of at least two.")
    return train, kinds, test, as_labels(test_labels, len(test))
