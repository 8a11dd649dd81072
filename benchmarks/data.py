"""The images that every trainer gets: the first 20,000 of MNIST's training files."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor
from torchvision.datasets import MNIST
from torchvision.transforms import ToTensor

IMAGES = 20_000
SHOWN = 500


class Images:
    """One set of images in the forms that the trainers take.

    torchvision: the data set as its documentation uses it; bytes: (n, 1, 28, 28) uint8.
    """

    def __init__(self, root: Path, count: int = IMAGES) -> None:
        self.torchvision = MNIST(root, train=True, download=False, transform=ToTensor())
        held_out = self.torchvision.data[count : count + SHOWN].clone()
        self.torchvision.data = self.torchvision.data[:count].clone()
        self.torchvision.targets = self.torchvision.targets[:count].clone()
        self.bytes: Tensor = self.torchvision.data.unsqueeze(1)
        self.held_out: Tensor = held_out.unsqueeze(1)

    def floats(self) -> Tensor:
        """(n, 1, 28, 28) float32 in [0, 1], all in memory."""
        return self.bytes.to(torch.float32) / 255
