"""Pictures of samples of any kind, so that every view can show them."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from aecore.glyphs import glyphs
from aecore.samples import Column, Kind


def to_bytes(images: Tensor) -> Tensor:
    """Float images in [0, 1] to uint8, rounded; what lies outside is cut."""
    return images.detach().mul(255).round_().clamp_(0, 255).to(torch.uint8).cpu()


def pictures(samples: Tensor, kind: Kind, columns: Sequence[Column]) -> Tensor:
    """Samples (n, C, H, W) as pictures (n, C', H', W') uint8; of images, these themselves."""
    if kind == "image":
        return samples.cpu() if samples.dtype == torch.uint8 else to_bytes(samples)
    return torch.from_numpy(glyphs(samples.detach().float().cpu().numpy(), kind, columns))
