"""What a data set is: uint8 images in memory, labels, class names, a licence and seeded splits."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, ClassVar, Literal

import torch
from torch import Tensor

from aecore.config import Settings, knob
from aecore.errors import InputError
from aecore.registry import Registry

Split = Literal["train", "validation", "test"]
SPLITS: tuple[Split, ...] = ("train", "validation", "test")


@dataclass(frozen=True)
class Progress:
    """How far a download is: bytes done of bytes in all (0 where the server did not say)."""

    what: str
    done: int
    total: int


Report = Callable[[Progress], None]
"""Called with each step of a download; raise from it to cancel."""


@dataclass(frozen=True)
class Pool:
    """All images of a source before they are split.

    images: (n, channels, height, width) uint8; labels: (n,) int64;
    test: indices of the official test split, or None where the source has none; factors: what the
    images were made from, by name, (n,) float32 each, where that is known exactly.
    """

    images: Tensor
    labels: Tensor
    test: Tensor | None = None
    factors: Mapping[str, Tensor] = field(default_factory=dict)


@dataclass(frozen=True)
class ImageData:
    """A data set ready for use: every image resident in memory, every split fixed.

    images: (n, channels, height, width) uint8; labels: (n,) int64, indices into `classes`;
    splits: for each split the (m,) int64 indices of its images, which do not overlap; factors:
    what the images were made from, by name, (n,) float32 each, where that is known exactly.
    """

    name: str
    title: str
    licence: str
    images: Tensor
    labels: Tensor
    classes: tuple[str, ...]
    splits: Mapping[Split, Tensor]
    factors: Mapping[str, Tensor] = field(default_factory=dict)

    @property
    def shape(self) -> tuple[int, int, int]:
        """(channels, height, width) of one image."""
        channels, height, width = self.images.shape[1:]
        return channels, height, width

    def size(self, split: Split) -> int:
        """How many images a split has."""
        return len(self.splits[split])

    def part(self, split: Split, count: int | None = None) -> Tensor:
        """The first `count` images of a split (all by default): (m, C, H, W) uint8."""
        return self.images[self.splits[split][:count]]

    def part_labels(self, split: Split, count: int | None = None) -> Tensor:
        """The labels that belong to `part`: (m,) int64."""
        return self.labels[self.splits[split][:count]]

    @cached_property
    def mean(self) -> Tensor:
        """The average image of the training split: (C, H, W) float32 in [0, 1]."""
        return self._moments[0].to(torch.float32)

    @cached_property
    def std(self) -> Tensor:
        """Standard deviation of each channel over the training split: (C,) float32, in [0, 1]."""
        mean, square = self._moments
        variance = square.mean((1, 2)) - mean.mean((1, 2)) ** 2
        return variance.clamp_min(0).sqrt().to(torch.float32)

    @cached_property
    def _moments(self) -> tuple[Tensor, Tensor]:
        total = torch.zeros(self.shape, dtype=torch.float64)
        square = torch.zeros_like(total)
        for rows in self.splits["train"].split(4096):  # never the whole split as floats
            x = self.images[rows].to(torch.float32).div_(255)
            total += x.sum(0)
            square += x.square_().sum(0)
        count = self.size("train")
        return total / count, square / count


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


class DataSource(ABC):
    """A place that images come from: one file of this folder each, registered by name.

    Follows torchvision where it can: files live under `data_root()` in torchvision's layout.
    `title`, `summary` and `licence` are shown to people; `suggested` holds values of knobs
    (by their flat names) that suit this data set better than the general defaults.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    summary: ClassVar[str]
    licence: ClassVar[str]
    suggested: ClassVar[Mapping[str, Any]] = {}

    class Config(Settings):
        """Settings of this source; most have none."""

    def __init__(self, config: Settings) -> None:
        self.config = config

    @property
    @abstractmethod
    def shape(self) -> tuple[int, int, int]:
        """(channels, height, width) of one image, known before anything is read."""

    @property
    @abstractmethod
    def classes(self) -> tuple[str, ...]:
        """Names of the classes, in the order of their labels."""

    @property
    @abstractmethod
    def train_size(self) -> int:
        """How many images the training split will have, known before anything is read."""

    @abstractmethod
    def read(self) -> Pool:
        """Read everything from the disk. Raises DataUnavailable where files are missing."""

    def ready(self) -> bool:
        """Whether `read` can work without a download."""
        return True

    def fetch(self, report: Report | None = None) -> None:  # noqa: B027  most need nothing
        """Download what is missing and verify it. Raises DataUnavailable with the reason."""


datasets: Registry[type[DataSource]] = Registry("data set")

VALIDATION_SHARE = 0.1
"""Share of the images outside an official test split that validate."""
HELD_OUT_SHARE = 0.2
"""Share each of validation and test where a source has no official test split."""


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


def open_data(
    name: str,
    options: Settings | None = None,
    splits: SplitConfig | None = None,
    report: Report | None = None,
) -> ImageData:
    """Fetch (where files are missing), read and split a data set by its name.

    Raises UnknownName, DataUnavailable, or InputError where `options` are another source's or
    `splits` leave out a class that is not there.
    """
    kind = datasets[name]
    options = options if options is not None else kind.Config()
    if type(options) is not kind.Config:
        raise InputError(f"{kind.title} takes {kind.__qualname__}.Config, got {type(options)}.")
    source, splits = kind(options), splits or SplitConfig()
    splits.left_out(source.classes)
    if not source.ready():
        source.fetch(report)
    pool = source.read()
    parts = split(pool, splits)
    return ImageData(
        name, kind.title, kind.licence, pool.images, pool.labels, source.classes, parts,
        pool.factors,
    )  # fmt: skip
