"""What training tells: small frozen events, in the order in which they happen.

A consumer records, shows, or stops by no longer asking for the next one. `StepDone` comes last
of all events of its step, and there the session can be captured.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from torch import Tensor

from aecore.datasets import Split


@dataclass(frozen=True, slots=True)
class Logged:
    """Loss terms: the mean over the steps since the last log, or over the validation split."""

    step: int
    epoch: int
    split: Split
    terms: Mapping[str, float]
    learning_rate: float


@dataclass(frozen=True, slots=True)
class LearningRateChanged:
    """From `step` on, the learning rate (before the schedule) is `value`."""

    step: int
    value: float


@dataclass(frozen=True, slots=True)
class SnapshotTaken:
    """What the model did at a step with the same fixed test images.

    points: (n, 2) float32, the code or its first two principal components;
    explained: share of the code's variance that the two show, 0 to 1;
    reconstructions: (m, C, H, W) uint8;
    made, decoded: of points, as `Outline` has them; of other samples None.
    """

    step: int
    epoch: int
    points: Tensor
    explained: float
    reconstructions: Tensor
    made: Tensor | None = None
    decoded: Tensor | None = None


@dataclass(frozen=True, slots=True)
class EpochDone:
    """All training images were seen once more."""

    step: int
    epoch: int


@dataclass(frozen=True, slots=True)
class StepDone:
    """The weights changed once; everything that this step brings has been told."""

    step: int
    epoch: int


@dataclass(frozen=True, slots=True)
class Finished:
    """Training is over; the model holds the weights of `kept_step`."""

    step: int
    epoch: int
    reason: Literal["completed", "early_stopping"]
    kept_step: int


@dataclass(frozen=True, slots=True)
class Failed:
    """Training cannot go on; the model holds the last finite weights, of `kept_step`."""

    step: int
    epoch: int
    reason: Literal["non_finite_loss"]
    message: str
    kept_step: int


Event = Logged | LearningRateChanged | SnapshotTaken | EpochDone | StepDone | Finished | Failed
