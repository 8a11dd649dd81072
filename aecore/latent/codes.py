"""Images to codes and codes to images, some at a time."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from aecore.models import Autoencoder
from aecore.runs.inference import CHUNK
from aecore.training.batches import to_float
from aecore.training.snapshots import to_bytes

Decode = Callable[[Tensor], Tensor]
"""(n, d) codes to (n, C, H, W) images, of which [0, 1] is shown."""


def codes_of(model: Autoencoder, images: Tensor) -> Tensor:
    """The codes of images (n, C, H, W) uint8, a label at their end included: (n, d) float32."""
    with torch.inference_mode():
        parts = [model.encode(to_float(part)).flatten(1) for part in images.split(CHUNK)]
    return torch.cat(parts).clone()  # no tensor of inference mode may be changed outside of it


def pictures(decode: Decode, codes: Tensor) -> Tensor:
    """What a decoder makes of codes (..., d): (..., C, H, W) uint8."""
    with torch.inference_mode():
        parts = [to_bytes(decode(part)) for part in codes.flatten(0, -2).split(CHUNK)]
    images = torch.cat(parts).clone()
    return images.unflatten(0, codes.shape[:-1])


def tell(codes: Tensor, label: int, size: int) -> Tensor:
    """Codes (..., d) with another class told in the `size` numbers at their end."""
    told = torch.zeros(size)
    told[label] = 1
    return torch.cat([codes[..., : codes.shape[-1] - size], told.expand(*codes.shape[:-1], -1)], -1)
