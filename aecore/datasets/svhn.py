"""SVHN: digits of house numbers, photographed from the street."""

from collections.abc import Sequence
from pathlib import Path

import torch

from aecore.datasets.base import datasets
from aecore.datasets.torchvision_base import Archive, Half, TorchvisionSource

SPLITS = ("train", "test")
"""The files that are used; a third one, `extra`, is eight times as large."""


@datasets.register("svhn")
class Svhn(TorchvisionSource):
    """The cropped digits of Netzer et al. 2011."""

    title = "Street View House Numbers (32×32, colour)"
    summary = (
        "99,289 colour photographs of digits on house walls, often with parts of their "
        "neighbours. The download is 246 MB."
    )
    licence = "non-commercial use only, no further licence stated (Netzer et al., Stanford)"
    suggested = {"epochs": 15, "batch_size": 128, "learning_rate": 1e-3}
    torchvision_name = "SVHN"
    shape = (3, 32, 32)
    classes = tuple(str(digit) for digit in range(10))
    train_images = 73_257
    test_images = 26_032

    @property
    def files(self) -> tuple[str, ...]:
        """One Matlab file for each split."""
        return tuple(f"{split}_32x32.mat" for split in SPLITS)

    def archives(self) -> Sequence[Archive]:
        """The files themselves: nothing is packed."""
        listed = self.torch_class().split_list
        return [Archive((url,), name, md5) for url, name, md5 in (listed[s] for s in SPLITS)]

    def half(self, root: Path, train: bool) -> Half:
        """Read one Matlab file; torchvision turns label 10 into 0."""
        data = self.torch_class()(root, split=SPLITS[0] if train else SPLITS[1])
        return torch.from_numpy(data.data), torch.from_numpy(data.labels)
