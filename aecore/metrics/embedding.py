"""How well a code keeps who is near whom: neighbourhoods, classes and distances.

All compare samples in a first space (such as pixels) with the same samples in a second (codes),
by Euclidean distance. Only ranks count in the first five, so they are blind to scale.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from aecore.errors import InputError
from aecore.metrics.arrays import Rows, Values, as_labels, as_rows, paired_rows
from aecore.metrics.neighbours import rank_chunks


@dataclass(frozen=True)
class Neighbourhoods:
    """What became of the neighbours of n samples.

    With r(i, j) the rank of j among the neighbours of i in the first space and s(i, j) in the
    second, and c = 2 / (n k (2n − 3k − 1)):

    trustworthiness: 1 − c Σ (r − k) over pairs with s ≤ k < r, 0 to 1: what is near in the
        second space was near in the first (Venna and Kaski 2001).
    continuity: 1 − c Σ (s − k) over pairs with r ≤ k < s, 0 to 1: what was near stays near.
    overlap: (n − 1,) float64, Q_NX(K) for K = 1 … n − 1, 0 to 1: the share of the K nearest
        neighbours that the two spaces have in common (Lee and Verleysen 2009); a random second
        space has K / (n − 1).
    """

    trustworthiness: float
    continuity: float
    overlap: NDArray[np.float64]

    @property
    def beyond_chance(self) -> NDArray[np.float64]:
        """(n − 2,) R_NX(K) = ((n − 1) Q_NX(K) − K) / (n − 1 − K): 1 perfect, 0 as by chance.

        For K = 1 … n − 2; below 0 is worse than chance (Lee, Renard, Bernard, Dupont and
        Verleysen 2013).
        """
        others = len(self.overlap)
        k = np.arange(1, others)
        return (others * self.overlap[:-1] - k) / (others - k)

    @property
    def area(self) -> float:
        """The area under R_NX over ln K, Σ R_NX(K) / K ÷ Σ 1 / K: at most 1, 0 by chance.

        The logarithm gives small neighbourhoods the larger say (Lee, Peluffo-Ordóñez and
        Verleysen 2015).
        """
        weights = 1 / np.arange(1, len(self.overlap))
        return float(weights @ self.beyond_chance / weights.sum())

    @property
    def split(self) -> int:
        """K_max, the K at which Q_NX(K) − K / (n − 1) is largest: where local ends."""
        others = len(self.overlap)
        return int(np.argmax(self.overlap[:-1] - np.arange(1, others) / others)) + 1

    @property
    def local(self) -> float:
        """The mean of Q_NX(K) up to K_max, 0 to 1."""
        return float(self.overlap[: self.split].mean())

    @property
    def distant(self) -> float:
        """The mean of Q_NX(K) beyond K_max, 0 to 1 (Q_global in the literature)."""
        return float(self.overlap[self.split :].mean())


def neighbourhoods(first: Values, second: Values, k: int = 5) -> Neighbourhoods:
    """Compare the neighbourhoods of the same samples in two spaces.

    Time grows with n² log n, memory with n.

    Args:
        first, second: (n, …) numbers, n of at least 3.
        k: neighbours that trustworthiness and continuity look at, 1 to less than n / 2.

    Raises InputError where the samples do not match or k does not fit n.
    """
    x, z = paired_rows(first, second)
    count = len(x)
    if not 1 <= k < count / 2:
        raise InputError(
            f"{k} neighbours do not fit {count} samples; take at least 1 and less than half."
        )
    worst = torch.zeros(count, dtype=torch.int64)
    came = left = 0
    for ranks, seen in rank_chunks(x, z):
        came += int((ranks[seen <= k] - k).clamp_min_(0).sum())
        left += int((seen[ranks <= k] - k).clamp_min_(0).sum())
        worst += torch.bincount(torch.maximum(ranks, seen).flatten(), minlength=count)
    # A pair is common to both neighbourhoods of size K as soon as the worse rank is within K.
    shared = worst[1:].cumsum(0).double().numpy()
    overlap = shared / (count * np.arange(1, count))
    scale = 2 / (count * k * (2 * count - 3 * k - 1))
    return Neighbourhoods(1 - scale * came, 1 - scale * left, overlap)


def silhouette(codes: Values, labels: Values, sample: int = 2000, seed: int = 0) -> float:
    """How far classes lie apart: the mean over samples of (b − a) / max(a, b), −1 to 1.

    a is the mean distance to the own class, b that to the nearest other class (Rousseeuw 1987;
    scikit-learn's). Where there are more than `sample` codes, as many are drawn at random.

    Args:
        codes: (n, …); labels: (n,) whole numbers of at least two and at most n − 1 classes.
        sample: how many codes at most are looked at; time grows with its square.
        seed: fixes which.

    Raises InputError where the labels do not allow it.
    """
    from sklearn.metrics import silhouette_score  # slow to import

    rows = as_rows(codes)
    classes = as_labels(labels, len(rows))
    if len(rows) > sample:
        chosen = np.random.default_rng(seed).choice(len(rows), sample, replace=False)
        rows, classes = rows[chosen], classes[chosen]
    kinds = len(np.unique(classes))
    if not 2 <= kinds < len(rows):
        raise InputError(
            f"{len(rows)} samples of {kinds} classes have no silhouette; give at least two "
            "classes, and more samples than classes."
        )
    return float(silhouette_score(rows, classes))


def distance_correlation(
    first: Values, second: Values, pairs: int = 20_000, seed: int = 0
) -> float:
    """Spearman's rank correlation between distances in two spaces, −1 to 1.

    1 where all distances are in the same order, as after any turn, shift or scaling. Kobak and
    Berens 2019 use it for how much of the large-scale shape a map keeps. Not a number where all
    distances in one of the spaces are equal.

    Args:
        first, second: (n, …) numbers, n of at least 3.
        pairs: how many pairs of different samples are drawn, with replacement.
        seed: fixes which.

    Raises InputError where the samples do not match or are fewer than 3.
    """
    from scipy.stats import spearmanr  # slow to import

    x, z = paired_rows(first, second)
    count = len(x)
    if count < 3:
        raise InputError(f"{count} samples have too few distances to compare; give at least 3.")
    dice = np.random.default_rng(seed)
    here = dice.integers(count, size=pairs)
    there = (here + dice.integers(1, count, size=pairs)) % count
    lengths = [_distances(rows, here, there) for rows in (x, z)]
    if any(np.ptp(each) == 0 for each in lengths):
        return float("nan")
    return float(spearmanr(*lengths).statistic)


def _distances(rows: Rows, here: NDArray[np.int64], there: NDArray[np.int64]) -> Rows:
    """Distances of pairs, some at a time: a pair of images is two rows of a whole chunk."""
    parts = np.array_split(np.arange(len(here)), len(here) // 1024 + 1)
    lengths = [np.linalg.norm(rows[here[part]] - rows[there[part]], axis=1) for part in parts]
    return np.concatenate(lengths)
