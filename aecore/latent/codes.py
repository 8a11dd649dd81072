"""Codes to images, some at a time, and the class that a code tells."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from aecore.datasets.pictures import to_bytes
from aecore.runs.inference import CHUNK

Decode = Callable[[Tensor], Tensor]
"""(n, d) codes to (n, C, H, W) images, of which [0, 1] is shown."""


def pictures(decode: Decode, codes: Tensor, look: Decode = to_bytes) -> Tensor:
    """What a decoder makes of codes (..., d): (..., C, H, W) uint8.

    look: makes pictures of what is decoded, `ImageData.pictures` where that is no image.
    """
    with torch.inference_mode():
        parts = [look(decode(part)) for part in codes.flatten(0, -2).split(CHUNK)]
    images = torch.cat(parts).clone()
    return images.unflatten(0, codes.shape[:-1])


def tell(codes: Tensor, label: int, size: int) -> Tensor:
    """Codes (..., d) with another class told in the `size` numbers at their end."""
    told = torch.zeros(size)
    told[label] = 1
    return torch.cat([codes[..., : codes.shape[-1] - size], told.expand(*codes.shape[:-1], -1)], -1)
