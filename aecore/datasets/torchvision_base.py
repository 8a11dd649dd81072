"""What the data sets that torchvision knows have in common.

Addresses, checksums and file formats are torchvision's. The download is ours, because
torchvision's own can hang, leave half a file or take a web page for data. torchvision is
imported only inside functions: it costs more than a second.
"""

from __future__ import annotations

import os
from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, ClassVar

import torch
from torch import Tensor

from aecore.datasets import download
from aecore.datasets.base import DataSource, Report
from aecore.datasets.splits import VALIDATION_SHARE, Pool
from aecore.errors import DataUnavailable
from aecore.paths import data_root

# A parser that meets damaged bytes raises whatever its first wrong step happens to raise.
DAMAGED = (OSError, ValueError, TypeError, RuntimeError, AssertionError, LookupError, EOFError)

Half = tuple[Tensor, Tensor]
"""Images (n, channels, height, width) uint8 and labels (n,) int64 of train or test."""


@dataclass(frozen=True)
class Archive:
    """A file to download: where from, where to (relative to the data folder), its checksum."""

    urls: tuple[str, ...]
    path: str
    md5: str


class TorchvisionSource(DataSource):
    """A data set with an official test split, in the files and the layout of torchvision."""

    torchvision_name: ClassVar[str]
    """Name of the class in torchvision.datasets."""
    train_images: ClassVar[int]
    test_images: ClassVar[int]

    @property
    def train_size(self) -> int:
        """How many images train: the official ones but the share that validates."""
        return self.train_images - round(VALIDATION_SHARE * self.train_images)

    @property
    @abstractmethod
    def files(self) -> tuple[str, ...]:
        """The unpacked files that `read` needs, relative to the data folder."""

    @abstractmethod
    def archives(self) -> Sequence[Archive]:
        """What to download."""

    @abstractmethod
    def half(self, root: Path, train: bool) -> Half:
        """Read the official training or test images; may raise anything of DAMAGED."""

    def unpack(self, archive: Path, folder: Path) -> None:
        """Unpack a verified archive so that `folder` holds `files`."""
        from torchvision.datasets.utils import extract_archive

        extract_archive(archive, folder)

    def torch_class(self) -> Any:
        """The class in torchvision.datasets."""
        import torchvision.datasets

        return getattr(torchvision.datasets, self.torchvision_name)

    def ready(self) -> bool:
        """Whether every unpacked file is there; their content is checked when they are read."""
        root = data_root()
        return all(os.path.isfile(root / file) for file in self.files)

    def fetch(self, report: Report | None = None) -> None:
        """Download what is missing, verify and unpack it.

        Raises DataUnavailable or StoreError with the reason; what `report` raises cancels.
        """
        root, archives = data_root(), self.archives()
        for archive in archives:
            target = root / archive.path
            download.fetch(archive.urls, target, archive.md5, report, what=self.title)
        if not self.ready():
            self._unpack_all([root / archive.path for archive in archives], root)

    def _unpack_all(self, archives: Sequence[Path], root: Path) -> None:
        """Unpack beside the target, then rename: a file that is there is whole."""
        try:
            with TemporaryDirectory(prefix=".unpack-", dir=root) as folder:
                for archive in archives:
                    self.unpack(archive, Path(folder))
                for file in self.files:
                    (root / file).parent.mkdir(parents=True, exist_ok=True)
                    os.replace(Path(folder) / file, root / file)
        except OSError as error:
            raise download.disk_error(root, error) from error

    def read(self) -> Pool:
        """All images, the official test images last. Raises DataUnavailable."""
        root = data_root()
        if not self.ready():
            raise DataUnavailable(
                f"{self.title} is not in {root}: download it first, "
                "or set AECORE_DATA to the folder that has it."
            )
        try:
            images, labels = zip(self.half(root, True), self.half(root, False), strict=True)
        except DAMAGED as error:
            raise self._damaged(root, str(error) or type(error).__name__) from error
        pool = Pool(
            torch.cat(images).contiguous(),
            torch.cat(labels),
            torch.arange(len(images[0]), len(images[0]) + len(images[1])),
        )
        self._check(root, pool, len(images[0]))
        return pool

    def _check(self, root: Path, pool: Pool, train: int) -> None:
        found = (train, len(pool.images) - train)
        expected = (self.train_images, self.test_images)
        if found != expected or len(pool.labels) != sum(expected):
            raise self._damaged(root, f"{sum(found):,} images where {sum(expected):,} belong")
        if tuple(pool.images.shape[1:]) != self.shape:
            raise self._damaged(root, f"images of shape {tuple(pool.images.shape[1:])}")
        if pool.labels.min() < 0 or pool.labels.max() >= len(self.classes):
            raise self._damaged(root, "labels that name no class")

    def _damaged(self, root: Path, reason: str) -> DataUnavailable:
        first = reason.strip().splitlines()[0].rstrip(".")
        files = ", ".join(sorted({str((root / file).parent) for file in self.files}))
        return DataUnavailable(
            f"The files of {self.title} in {files} are damaged ({first}): "
            "delete them and open the data set again to download it anew."
        )


class MnistSource(TorchvisionSource):
    """The sets in MNIST's four files and format: 28×28 grey, 60,000 + 10,000 images."""

    shape = (1, 28, 28)
    train_images = 60_000
    test_images = 10_000
    prefixes: ClassVar[tuple[str, str]] = ("train", "t10k")
    """How the names of the training and of the test files begin."""

    @property
    def files(self) -> tuple[str, ...]:
        """Images and labels of both halves."""
        kinds = ("images-idx3-ubyte", "labels-idx1-ubyte")
        return tuple(f"{self._raw}/{half}-{kind}" for half in self.prefixes for kind in kinds)

    @property
    def _raw(self) -> str:
        return f"{self.torchvision_name}/raw"

    def archives(self) -> Sequence[Archive]:
        """One gzip file for each of `files`."""
        kind = self.torch_class()
        return [
            Archive(tuple(mirror + name for mirror in kind.mirrors), f"{self._raw}/{name}", md5)
            for name, md5 in kind.resources
        ]

    def unpack(self, archive: Path, folder: Path) -> None:
        """Unpack one gzip file."""
        raw = folder / self._raw
        raw.mkdir(parents=True, exist_ok=True)
        super().unpack(archive, raw)

    def half(self, root: Path, train: bool) -> Half:
        """Read one half of the four files."""
        data = self.torch_class()(root, train=train)
        return data.data.unsqueeze(1), data.targets
