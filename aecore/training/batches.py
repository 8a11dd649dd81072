"""Batches by index from samples that already lie on the device, images as uint8."""

from __future__ import annotations

import torch
from torch import Generator, Tensor

from aecore.corruptions import Corruption
from aecore.samples import to_float

ORDER, NOISE, HELD_OUT, OWN = range(4)
"""Streams of random numbers that one seed fixes, none of which disturbs another."""


def stream(seed: int, purpose: int, index: int = 0) -> int:
    """A seed of its own for each purpose and index (an odd multiplier keeps them apart)."""
    return (seed * 1_000_003 + purpose * 7_919 + index * 104_729 + 1) % 2**63


class Batches:
    """Training batches in an order that only the seed and the epoch decide.

    images: (n, C, H, W) on the device that trains, as a data set holds them. The last images of an
    epoch that fill no whole batch are left out; each epoch leaves out others.
    """

    def __init__(self, images: Tensor, size: int, corruption: Corruption, seed: int) -> None:
        self.images = images
        self.size = min(size, len(images))
        self.corruption = corruption
        self.seed = seed
        self.noise = Generator(images.device).manual_seed(stream(seed, NOISE))
        self._epoch = -1
        self._order = torch.empty(0)
        self.rows = torch.empty(0, dtype=torch.int64)
        """Where the images of the last batch stand in the split, (size,) int64."""

    def __len__(self) -> int:
        """Batches in an epoch."""
        return len(self.images) // self.size

    def get(self, epoch: int, position: int) -> tuple[Tensor, Tensor]:
        """Batch `position` of an epoch: what the encoder sees, and what it must give back."""
        if epoch != self._epoch:
            generator = Generator().manual_seed(stream(self.seed, ORDER, epoch))
            order = torch.randperm(len(self.images), generator=generator)
            self._order, self._epoch = order.to(self.images.device), epoch
        self.rows = self._order[position * self.size : (position + 1) * self.size]
        target = to_float(self.images.index_select(0, self.rows))
        return self.corruption(target, self.noise), target
