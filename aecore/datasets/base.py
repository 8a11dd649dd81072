"""What a data set is: samples in memory, labels, class names, a licence and seeded splits.

Samples are images, or what else aecore/samples.py names; where a text here says images, it means
whatever the samples are.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, ClassVar

import torch
from torch import Tensor

from aecore.config import Settings
from aecore.datasets.pictures import pictures
from aecore.datasets.scaling import scaled
from aecore.datasets.splits import Pool, Split, SplitConfig, split
from aecore.errors import InputError
from aecore.registry import Registry
from aecore.samples import Column, Kind, Layout, groups_of


@dataclass(frozen=True)
class Progress:
    """How far a download is: bytes done of bytes in all (0 where the server did not say)."""

    what: str
    done: int
    total: int


Report = Callable[[Progress], None]
"""Called with each step of a download; raise from it to cancel."""


@dataclass(frozen=True)
class ImageData:
    """A data set ready for use: every sample resident in memory, every split fixed.

    images: (n, channels, height, width) uint8, or float32 for what is no image, on the scale of
    the training split; labels: (n,) int64, indices into `classes`; splits: for each split the
    (m,) int64 indices of its images, which do not overlap; factors, metadata: as in Pool; columns:
    what the numbers of a sample are, where it is no image.
    """

    name: str
    title: str
    licence: str
    images: Tensor
    labels: Tensor
    classes: tuple[str, ...]
    splits: Mapping[Split, Tensor]
    factors: Mapping[str, Tensor] = field(default_factory=dict)
    metadata: Mapping[str, Tensor] = field(default_factory=dict)
    kind: Kind = "image"
    columns: tuple[Column, ...] = ()

    @property
    def shape(self) -> tuple[int, int, int]:
        """(channels, height, width) of one image."""
        channels, height, width = self.images.shape[1:]
        return channels, height, width

    @property
    def layout(self) -> Layout:
        """What a model must know of the samples."""
        return Layout(self.kind, groups_of(self.columns))

    def pictures(self, samples: Tensor) -> Tensor:
        """Samples or their reconstructions (m, C, H, W) to look at: (m, C', H', W') uint8."""
        return pictures(samples, self.kind, self.columns)

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
        """The average sample of the training split: (C, H, W) float32, of images in [0, 1]."""
        return self._moments[0].to(torch.float32)

    @cached_property
    def std(self) -> Tensor:
        """Standard deviation of each channel over the training split: (C,) float32."""
        mean, square = self._moments
        variance = square.mean((1, 2)) - mean.mean((1, 2)) ** 2
        return variance.clamp_min(0).sqrt().to(torch.float32)

    @cached_property
    def _moments(self) -> tuple[Tensor, Tensor]:
        total = torch.zeros(self.shape, dtype=torch.float64)
        square = torch.zeros_like(total)
        for rows in self.splits["train"].split(4096):  # never the whole split as floats
            x = self.images[rows]
            # Not `to_float`: a product with 1/255 differs from the quotient in its last digit,
            # and runs of older versions began from the quotient.
            x = x.to(torch.float32).div_(255) if x.dtype == torch.uint8 else x
            total += x.sum(0)
            square += x.square().sum(0)
        count = self.size("train")
        return total / count, square / count


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
    kind: ClassVar[Kind] = "image"
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
    def columns(self) -> tuple[Column, ...]:
        """What the numbers of a sample are, where it is no image; not yet on a common scale."""
        return ()

    @property
    def metadata(self) -> tuple[Column, ...]:
        """What `Pool.metadata` will hold, known before anything is read; the first says most."""
        return ()

    @property
    def layout(self) -> Layout:
        """What a model must know of the samples."""
        return Layout(self.kind, groups_of(self.columns))

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


def open_data(
    name: str,
    options: Settings | None = None,
    splits: SplitConfig | None = None,
    report: Report | None = None,
) -> ImageData:
    """Fetch (where files are missing), read and split a data set by its name.

    Raises UnknownName, DataUnavailable, or InputError where `options` are another source's or
    `splits` name a class that is not there or leave nothing.
    """
    kind = datasets[name]
    options = options if options is not None else kind.Config()
    if type(options) is not kind.Config:
        raise InputError(f"{kind.title} takes {kind.__qualname__}.Config, got {type(options)}.")
    source, splits = kind(options), splits or SplitConfig()
    splits.shares(source.classes)
    if not source.ready():
        source.fetch(report)
    return prepared(
        name, kind.title, kind.licence, source.read(), kind.kind, source.classes, source.columns,
        splits,
    )  # fmt: skip


def prepared(
    name: str,
    title: str,
    licence: str,
    pool: Pool,
    kind: Kind,
    classes: tuple[str, ...],
    columns: tuple[Column, ...],
    splits: SplitConfig,
) -> ImageData:
    """Split all samples of a source, and bring numbers to the scale of the training split.

    Raises InputError where `splits` name a class that is not there, or leave nothing.
    """
    parts, images = split(pool, splits, classes), pool.images
    if kind != "image":
        images, columns = scaled(images, parts["train"], kind, columns)
    return ImageData(
        name, title, licence, images, pool.labels, classes, parts, pool.factors, pool.metadata,
        kind, columns,
    )  # fmt: skip
