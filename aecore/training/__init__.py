"""Training: a generator of events, the session behind it, and its state."""

from aecore.training.config import TrainConfig
from aecore.training.events import (
    EpochDone,
    Event,
    Failed,
    Finished,
    LearningRateChanged,
    Logged,
    SnapshotTaken,
    StepDone,
)
from aecore.training.session import TrainingSession
from aecore.training.state import State, capture, restore

__all__ = [
    "EpochDone",
    "Event",
    "Failed",
    "Finished",
    "LearningRateChanged",
    "Logged",
    "SnapshotTaken",
    "State",
    "StepDone",
    "TrainConfig",
    "TrainingSession",
    "capture",
    "restore",
]
