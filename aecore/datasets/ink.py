"""How much of its frame what is drawn takes up, so that a new drawing can be made as large."""

from __future__ import annotations

import torch
from torch import Tensor

INK = 128
"""Brightness from which on a pixel is ink: half of the full one."""


def ink_extent(images: Tensor) -> float:
    """The longer side of the box around the ink, as a share of that side of the image, 0 to 1.

    The median over images. It is 20/28 on MNIST, whose authors scaled every digit to that (LeCun
    et al. 1998, section III.A). 1 where nothing is bright.

    Args:
        images: (n, 1, H, W) uint8, bright on dark, n of at least 1.
    """
    ink = (images[:, 0] >= INK).to(torch.float32)
    shares = torch.stack([_side(ink.amax(1)), _side(ink.amax(2))], 1).amax(1)
    inked = shares[shares > 0]
    return float(inked.median()) if len(inked) else 1.0


def _side(marked: Tensor) -> Tensor:
    """From the first to the last of the marked places (n, m), as shares of m: (n,)."""
    count = marked.shape[1]
    first, last = marked.argmax(1), count - 1 - marked.flip(1).argmax(1)
    return torch.where(marked.amax(1) > 0, last - first + 1, 0) / count
