"""CIFAR-10: small colour photographs of animals and vehicles."""

from collections.abc import Sequence
from pathlib import Path

import torch

from aecore.datasets.base import datasets
from aecore.datasets.torchvision_base import Archive, Half, TorchvisionSource


@datasets.register("cifar10")
class Cifar10(TorchvisionSource):
    """Krizhevsky 2009. torchvision verifies each file's checksum before it unpickles it."""

    title = "CIFAR-10 (32×32, colour)"
    summary = (
        "60,000 small colour photographs in ten classes: hard, so expect blurred results. "
        "The download is 170 MB."
    )
    licence = "no licence stated by its authors (Krizhevsky, Nair and Hinton)"
    suggested = {"epochs": 20, "batch_size": 128, "learning_rate": 1e-3}
    torchvision_name = "CIFAR10"
    shape = (3, 32, 32)
    train_images = 50_000
    test_images = 10_000
    classes = (
        "airplane",
        "automobile",
        "bird",
        "cat",
        "deer",
        "dog",
        "frog",
        "horse",
        "ship",
        "truck",
    )

    @property
    def files(self) -> tuple[str, ...]:
        """Five training batches, the test batch and the names of the classes."""
        names = [*(f"data_batch_{number}" for number in range(1, 6)), "test_batch", "batches.meta"]
        return tuple(f"cifar-10-batches-py/{name}" for name in names)

    def archives(self) -> Sequence[Archive]:
        """One archive for everything."""
        kind = self.torch_class()
        return [Archive((kind.url,), kind.filename, kind.tgz_md5)]

    def half(self, root: Path, train: bool) -> Half:
        """Read the training batches or the test batch."""
        data = self.torch_class()(root, train=train)
        return torch.from_numpy(data.data).permute(0, 3, 1, 2), torch.tensor(data.targets)
