"""Learning-rate schedules: a factor on the learning rate for every step of a run."""

from collections.abc import Callable
from math import cos, pi

from aecore.training.config import TrainConfig

LOWEST = 0.01
"""Where cosine and one-cycle end, as a share of the learning rate."""
RISE = 0.3
"""Share of the steps in which one-cycle rises (Smith 2018)."""
START = 0.04
"""Where one-cycle begins."""
PLATEAU_FACTOR = 0.5
PLATEAU_PATIENCE = 5
"""Plateau: after this many validations without a new best, the rate is halved."""


def _ease(start: float, end: float, share: float) -> float:
    """A half cosine from start to end as share goes from 0 to 1."""
    return end + (start - end) * 0.5 * (1 + cos(pi * share))


def _cosine(share: float) -> float:
    return _ease(1.0, LOWEST, share)


def _one_cycle(share: float) -> float:
    if share < RISE:
        return _ease(START, 1.0, share / RISE)
    return _ease(1.0, LOWEST, (share - RISE) / (1 - RISE))


def _flat(share: float) -> float:  # noqa: ARG001
    return 1.0


SHAPES: dict[str, Callable[[float], float]] = {
    "constant": _flat,
    "cosine": _cosine,
    "one_cycle": _one_cycle,
    "plateau": _flat,
}


def factor(config: TrainConfig, step: int, total: int) -> float:
    """The factor for step `step` (1 to total): a pure function, so that a resume needs no state."""
    value = SHAPES[config.schedule](step / total)
    rising = config.warmup * total
    if config.schedule != "one_cycle" and step < rising:
        value *= step / rising
    return value
