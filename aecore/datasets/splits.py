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
    only_classes: str = knob(
        "",
        "Use only these classes, by their places in the list of classes from 0, such as 0,3,4; "
        "empty means all; samples of others are in no split.",
        label="Only classes",
    )
    imbalance: float = knob(
        0.0,
        "Makes training classes unequal: with 0.9 the last class keeps a tenth of its training "
        "samples, those between fall evenly in proportion; 0 leaves them as they are.",
        low=0,
        high=0.99,
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

    def taken(self, classes: Sequence[str]) -> tuple[int, ...]:
        """The places of the classes that are used at all, in order.

        Raises InputError where one of them is not there.
        """
        if not self.only_classes.strip():
            return tuple(range(len(classes)))
        try:
            places = sorted({int(part) for part in self.only_classes.split(",")})
        except ValueError:
            places = [-1]
        if places[0] < 0 or places[-1] >= len(classes):
            raise InputError(
                f"Only classes: expected places from 0 to {len(classes) - 1} with commas between, "
                f"such as 0,{min(1, len(classes) - 1)}, got {self.only_classes[:40]!r}."
            )
        return tuple(places)

    def shares(self, classes: Sequence[str]) -> dict[int, float]:
        """Of each class that training sees, the share of its training samples that it keeps.

        Of K classes the one at place k keeps (1 - imbalance)^(k / (K - 1)), the long tail of Cui,
        Jia, Lin, Song and Belongie, "Class-balanced loss based on effective number of samples",
        2019, section 5.1. Raises InputError where the settings name what is not there.
        """
        taken = self.taken(classes)
        if self.left_out(classes) and self.leave_out not in taken:
            raise InputError(
                f"Leave out class: {classes[self.leave_out]} is not among the classes that are "
                "used, so it need not be left out; choose -1."
            )
        seen = [place for place in taken if place != self.leave_out]
        if not seen:
            raise InputError("No class is left to train on; use more classes.")
        last = max(1, len(seen) - 1)
        return {place: (1 - self.imbalance) ** (k / last) for k, place in enumerate(seen)}


def split(pool: Pool, config: SplitConfig, classes: Sequence[str]) -> dict[Split, Tensor]:
    """Cut a pool into splits; the same seed gives the same cut on every machine.

    Raises InputError where `config` names a class that is not there, or leaves a split empty.
    """
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
    shares = config.shares(classes)
    if config.only_classes.strip():
        taken = torch.isin(pool.labels, torch.tensor(config.taken(classes)))
        train, validation, test = (part[taken[part]] for part in (train, validation, test))
    seen = pool.labels != config.leave_out
    train, validation = train[seen[train]], validation[seen[validation]]
    if config.imbalance:
        train = _thinned(train, pool.labels, shares)
    parts = {"train": train[: config.train_limit or None], "validation": validation, "test": test}
    empty = [name for name in SPLITS if config.only_classes.strip() and not len(parts[name])]
    if empty:
        raise InputError(
            f"Only classes: none of these samples is in the {empty[0]} split; use more classes."
        )
    return {name: parts[name] for name in SPLITS}


def _thinned(train: Tensor, labels: Tensor, shares: Mapping[int, float]) -> Tensor:
    """The training samples, (m,) indices, without the last of each class beyond its share."""
    kept = torch.zeros(len(train), dtype=torch.bool)
    for place, share in shares.items():
        of_class = (labels[train] == place).nonzero().squeeze(1)
        kept[of_class[: max(1, round(share * len(of_class)))]] = True
    return train[kept]
