"""FactorVAE's score: where one factor is held still, does the same axis hold still each time?"""

from __future__ import annotations

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from aecore.errors import InputError
from aecore.metrics.arrays import Rows, Values
from aecore.metrics.factors import Classes, checked


def factor_vae_score(
    codes: Values, factors: Values, votes: int = 800, group: int = 64, seed: int = 0
) -> float:
    """Accuracy of a majority vote from the stillest axis to the factor, 0 to 1 (Kim and Mnih 2018).

    For each vote a factor and one of its values are drawn, then `group` samples that have it; the
    vote is the axis of least variance, each axis measured in its variance over all samples. Which
    factor an axis stands for is learned from one half of the votes and scored on the other. Axes
    that never vary do not take part; without any other the score is 0. Chance is about 1 / f.

    Args:
        codes: (n, d); factors: (n, f) known classes.
        votes: how many, both halves together; at least 2.
        group: samples a vote, drawn with replacement; at least 2.
        seed: fixes all that is drawn.

    Raises InputError where codes and factors do not match, or a factor has one value only.
    """
    rows, truth = checked(codes, factors)
    if votes < 2 or group < 2:
        raise InputError(f"{votes} votes of {group} samples say nothing; take at least 2 of each.")
    spread = rows.var(0)
    rows, spread = rows[:, spread > 0], spread[spread > 0]
    if len(spread) == 0:
        return 0.0
    dice = np.random.default_rng(seed)
    cast = np.array([_vote(rows / np.sqrt(spread), truth, group, dice) for _ in range(votes)])
    counts = np.zeros((len(spread), truth.shape[1]), dtype=np.int64)
    np.add.at(counts, tuple(cast[: votes // 2].T), 1)
    meaning = counts.argmax(1)
    axis, factor = cast[votes // 2 :].T
    return float((meaning[axis] == factor).mean())


def _vote(rows: Rows, truth: Classes, group: int, dice: Generator) -> NDArray[np.int64]:
    """(axis that varied least, factor that was held still)."""
    factor = int(dice.integers(truth.shape[1]))
    column = truth[:, factor]
    having = np.flatnonzero(column == dice.integers(column.max() + 1))
    chosen = rows[dice.choice(having, group)]
    return np.array([chosen.var(0).argmin(), factor])
