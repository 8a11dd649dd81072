"""A picture as a row of square patches, and back."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil

import torch.nn.functional as F
from torch import Tensor

from aecore.errors import InputError
from aecore.networks import Shape

MOST = 8
"""Patches along the longer side: attention compares each with each."""


@dataclass(frozen=True)
class Patches:
    """A grid of `rows` × `columns` patches of `edge` × `edge` pixels over images of a shape.

    Where the sides of the image are no multiples of the edge, the last patches hang over, and
    see zeros there.
    """

    shape: Shape
    edge: int
    rows: int
    columns: int

    @property
    def count(self) -> int:
        """Patches in an image."""
        return self.rows * self.columns

    @property
    def size(self) -> int:
        """Numbers in a patch."""
        return self.shape[0] * self.edge**2

    def cut(self, images: Tensor) -> Tensor:
        """(n, C, H, W) to (n, count, size), row after row."""
        channels, height, width = self.shape
        edge, rows, columns = self.edge, self.rows, self.columns
        whole = F.pad(images, (0, columns * edge - width, 0, rows * edge - height))
        split = whole.reshape(len(images), channels, rows, edge, columns, edge)
        return split.permute(0, 2, 4, 1, 3, 5).flatten(3).flatten(1, 2)

    def join(self, patches: Tensor) -> Tensor:
        """(n, count, size) to (n, C, H, W): what `cut` came from."""
        channels, height, width = self.shape
        edge, rows, columns = self.edge, self.rows, self.columns
        split = patches.reshape(len(patches), rows, columns, channels, edge, edge)
        whole = split.permute(0, 3, 1, 4, 2, 5).flatten(4).flatten(2, 3)
        return whole[:, :, :height, :width]


def patches_of(shape: Shape) -> Patches:
    """The grid that suits images of a shape: patches of 2×2 pixels, or larger for more than 16.

    Raises InputError where an image would be a single patch.
    """
    _, height, width = shape
    edge = max(2, ceil(max(height, width) / MOST))
    patches = Patches(shape, edge, ceil(height / edge), ceil(width / edge))
    if patches.count < 2:
        raise InputError(
            f"Images of {height}×{width} pixels are a single patch, of which no part can be "
            "hidden; choose larger images or another variant."
        )
    return patches
