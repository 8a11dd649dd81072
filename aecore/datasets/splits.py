"""Which samples train, which validate and which judge: a cut that a seed fixes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import torch
from torch import Tensor

from aecore.config import Settings, knob
from aecore.errors import InputError

Split = Literal["train", "validation", "test"]
SPLITS: tuple[Split, ...] = ("train", "validation", "test")

VALIDATION_SHARE = 0.1
"""Share of the images outside an official test split that validate."""
HELD_OUT_SHARE = 0.2
"""Share each of validation and test where a source has no official test split."""


@dataclass(frozen=True)
class Pool:
    """All samples of a source before they are split.

    images: (n, channels, height, width) uint8, or float32 for what is no image, in units of the
    source and NaN where a number is missing; labels: (n,) int64; test: indices of the official
    test split, or None where the source has none; factors: what the images were made from, by
    name, (n,) float32 each, where that is known exactly; metadata: what else is known of each
    sample and is no part of it, by name, (n,) float32 each, NaN where it is missing.
    """

    images: Tensor
    labels: Tensor
    test: Tensor | None = None
    factors: Mapping[str, Tensor] = field(default_factory=dict)
    metadata: Mapping[str, Tensor] = field(default_factory=dict)


class SplitConfig(Settings):
    """Which images a run may see, and which it is judged on."""

    split_seed: int = knob(
        0, "Which images land in the training, validation and test split.", low=0, high=10**6
    )
    train_limit: int = knob(
        0, "Train on only this many images; 0 means all of them.", low=0, high=10**7
    )
    leave_out: int = knob(
        -1,
        "A class that training and validation never see, by its place in the list of classes "
        "from 0, or -1 for none; the test split keeps it, so that it can be looked for there.",
        low=-1,
        high=1000,
        label="Leave out class",
    )

    def left_out(self, classes: Sequence[str]) -> str:
        """The name of the class that is left out; nothing where none is.

        Raises InputError where there is no such class, or nothing would be left without it.
        """
        if self.leave_out < 0:
            return ""
        if len(classes) < 2:
            raise InputError(
                "Leave out class: these images are all of one class, so none can be left out; "
                "choose -1."
            )
        if self.leave_out >= len(classes):
            raise InputError(
                f"Leave out class: there are {len(classes)} classes, from 0 for {classes[0]} to "
                f"{len(classes) - 1} for {classes[-1]}, got {self.leave_out}; choose one of them "
                "or -1."
            )
        return classes[self.leave_out]


def split(pool: Pool, config: SplitConfig) -> dict[Split, Tensor]:
    """Cut a pool into splits; the same seed gives the same cut on every machine."""
    generator = torch.Generator().manual_seed(config.split_seed)
    count = len(pool.images)
    if pool.test is None:
        order = torch.randperm(count, generator=generator)
        held = round(HELD_OUT_SHARE * count)
        test, validation, train = order[:held], order[held : 2 * held], order[2 * held :]
    else:
        rest = torch.ones(count, dtype=torch.bool)
        rest[pool.test] = False
        free = rest.nonzero().squeeze(1)
        order = free[torch.randperm(len(free), generator=generator)]
        held = round(VALIDATION_SHARE * len(free))
        test, validation, train = pool.test, order[:held], order[held:]
    seen = pool.labels != config.leave_out
    train, validation = train[seen[train]], validation[seen[validation]]
    return {"train": train[: config.train_limit or None], "validation": validation, "test": test}
