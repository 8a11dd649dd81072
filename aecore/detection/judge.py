"""How well a score finds odd images: its curves, a threshold, and what chance does to them."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from aecore.detection.base import Scores
from aecore.errors import InputError
from aecore.metrics.anomaly import detection
from aecore.metrics.intervals import RESAMPLES, Interval, interval_of

AT_A_TIME = 2_000_000
"""Numbers of resampled images that are held at a time."""
Truth = NDArray[np.bool_]
"""(n,) bool: which images are odd."""


class Judged(NamedTuple):
    """How well a score did. areas: (resamples,) the ROC-AUC of each resample, for differences."""

    roc_auc: Interval
    average_precision: Interval
    prevalence: float
    areas: NDArray[np.float64]


class Roc(NamedTuple):
    """The ROC curve, from no alarm to all: (m,) float64 each, in [0, 1] but the thresholds.

    false_alarms: share of normal images with a score of at least the threshold; found: of odd
    ones; thresholds: falling, the first is infinite.
    """

    false_alarms: Scores
    found: Scores
    thresholds: Scores


class PrecisionRecall(NamedTuple):
    """Of the images with a score of at least the threshold, how many are odd, and how many are
    found: (m,) float64 each, in [0, 1] but the thresholds, which rise.
    """

    precision: Scores
    found: Scores
    thresholds: Scores


class Confusion(NamedTuple):
    """How many images lie on which side of a threshold."""

    found: int
    missed: int
    false_alarms: int
    passed: int


def judged(scores: Scores, odd: Truth, seed: int = 0) -> Judged:
    """ROC-AUC and average precision with percentile bootstrap intervals (Efron 1979), 95 %.

    What `bootstrap` of aecore/metrics/intervals.py gives, in a hundredth of the time. The same seed
    and n draw the same images, so that two scores can be compared resample by resample. A
    resample without odd or without normal images has no figure and counts for nothing.

    Args:
        scores: (n,), higher for odder; odd: (n,), some of each.

    Raises InputError where scores are not finite or one kind is missing.
    """
    truth = np.asarray(odd, dtype=np.int64)
    found = detection(scores, truth)
    areas, precisions = _resampled(scores, truth, seed)
    return Judged(
        interval_of(found.roc_auc, areas),
        interval_of(found.average_precision, precisions),
        found.prevalence,
        areas,
    )


def lead(first: Judged, second: Judged) -> Interval:
    """By how much the first score's ROC-AUC is above the second's on the same images and seed."""
    return interval_of(first.roc_auc.value - second.roc_auc.value, first.areas - second.areas)


def roc(scores: Scores, odd: Truth) -> Roc:
    """The ROC curve. Arguments and errors as for `judged`."""
    from sklearn.metrics import roc_curve  # slow to import

    _check(scores, odd)
    return Roc(*roc_curve(odd, scores))


def precision_recall(scores: Scores, odd: Truth) -> PrecisionRecall:
    """The precision-recall curve. Arguments and errors as for `judged`."""
    from sklearn.metrics import precision_recall_curve  # slow to import

    _check(scores, odd)
    precision, found, thresholds = precision_recall_curve(odd, scores)
    return PrecisionRecall(precision[:-1], found[:-1], thresholds)


def confusion(scores: Scores, odd: Truth, threshold: float) -> Confusion:
    """Count the images whose score is above a threshold, and the others."""
    alarm = scores > threshold
    counts = (alarm & odd, ~alarm & odd, alarm & ~odd, ~alarm & ~odd)
    return Confusion(*(int(each.sum()) for each in counts))


def threshold_for(normal: Scores, false_alarms: float = 0.05) -> float:
    """The score that this share of normal images exceeds: their quantile.

    Args:
        normal: (n,) scores of images known to be normal, and judged on none of them.
    """
    return float(np.quantile(normal, 1 - false_alarms))


def _check(scores: Scores, odd: Truth) -> None:
    if scores.shape != odd.shape or not np.isfinite(scores).all() or len(np.unique(odd)) < 2:
        raise InputError(
            "Give one finite score an image, and both odd (True) and normal (False) images."
        )


def _resampled(scores: Scores, truth: NDArray[Any], seed: int) -> tuple[Scores, Scores]:
    """ROC-AUC and average precision of each resample, (resamples,); NaN where it has neither.

    To draw images with replacement is to weigh each by how often it came: the images are sorted
    once, and sums over the sorted weights are the curves of a resample.
    """
    count, generator = len(scores), np.random.default_rng(seed)
    order = np.argsort(-scores, kind="stable")
    # Images with the same score pass a threshold together.
    ends = np.append(np.flatnonzero(np.diff(scores[order])), count - 1)
    odd = truth[order].astype(bool)
    rows = max(1, AT_A_TIME // count)
    parts = []
    for start in range(0, RESAMPLES, rows):
        size = min(rows, RESAMPLES - start)
        drawn = generator.integers(0, count, (size, count)) + count * np.arange(size)[:, None]
        weights = np.bincount(drawn.ravel(), minlength=size * count).reshape(size, count)
        parts.append(_figures(weights[:, order], odd, ends))
    areas, precisions = np.concatenate(parts, axis=1)
    return areas, precisions


def _figures(weights: NDArray[Any], odd: Truth, ends: NDArray[Any]) -> NDArray[np.float64]:
    """(2, m) ROC-AUC and average precision of m weightings (m, n) of sorted images."""
    found = (weights * odd).cumsum(1)[:, ends].astype(np.float64)
    alarms = (weights * ~odd).cumsum(1)[:, ends].astype(np.float64)
    with np.errstate(invalid="ignore", divide="ignore"):
        recall, false = (each / each[:, -1:] for each in (found, alarms))
        precision = np.nan_to_num(found / (found + alarms))
        steps, widths = (np.diff(each, axis=1, prepend=0) for each in (recall, false))
        area = (widths * (recall - steps / 2)).sum(1)
        return np.stack([area, (steps * precision).sum(1)])
