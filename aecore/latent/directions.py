"""Directions in the code from one group of images to another, and how well one tells them apart."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from aecore.errors import InputError

FEWEST = 4
"""Images that a group must have: two to fit a direction, two to judge it."""
SPLITS = 5


class Separation(NamedTuple):
    """ROC-AUC of held-out halves: 0.5 is chance, 1 without a mistake.

    mean, deviation: over `splits` seeded splits, the deviation with n - 1; counts: how many images
    the two groups have.
    """

    mean: float
    deviation: float
    splits: int
    counts: tuple[int, int]


def direction(a: Tensor, b: Tensor) -> Tensor:
    """From the mean of codes a (n, d) to that of b (m, d): (d,).

    As arithmetic with words goes (Mikolov et al. 2013) and with images (Radford et al. 2016,
    section 6.3.2; White 2016).
    """
    return b.mean(0) - a.mean(0)


def separation(a: Tensor, b: Tensor) -> Separation:
    """How well `direction` of one half of each group tells the other halves apart.

    Args:
        a, b: codes (n, d) and (m, d), no image in both.

    Raises InputError where a group has fewer than `FEWEST` images.
    """
    from sklearn.metrics import roc_auc_score  # slow to import

    if min(len(a), len(b)) < FEWEST:
        raise InputError(
            f"Each group needs at least {FEWEST} images that the other does not have, to tell "
            f"whether they differ; these have {len(a):,} and {len(b):,}. Choose larger groups."
        )
    scores = []
    for seed in range(SPLITS):
        generator = torch.Generator().manual_seed(seed)
        (fit_a, held_a), (fit_b, held_b) = _halves(a, generator), _halves(b, generator)
        along = torch.cat([held_a, held_b]) @ direction(fit_a, fit_b)
        truth = np.repeat([0, 1], [len(held_a), len(held_b)])
        scores.append(roc_auc_score(truth, along.numpy()))
    return Separation(
        float(np.mean(scores)), float(np.std(scores, ddof=1)), SPLITS, (len(a), len(b))
    )


def _halves(codes: Tensor, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    order = torch.randperm(len(codes), generator=generator)
    half = len(codes) // 2
    return codes[order[:half]], codes[order[half:]]
