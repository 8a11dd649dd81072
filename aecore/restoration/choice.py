"""How strong a method should be: what is best on validation images, never on test images."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from aecore.restoration.base import Restorer
from aecore.restoration.sample import Sample

CHUNK = 32
"""Images between two looks at whether the search is still wanted."""


@dataclass(frozen=True)
class Chosen:
    """A fitted method and its best strength.

    psnr: of the validation images in dB, with that strength, as their task counts it.
    """

    method: Restorer
    strength: float
    psnr: float

    def restore(self, damaged: Tensor) -> Tensor:
        """Restored images, cut to the range of pixels: (n, C, H, W) float32 in [0, 1]."""
        return self.method.restore(damaged, self.strength).clamp(0, 1)


def choose(method: Restorer, held: Sample, tick: Callable[[], None] = lambda: None) -> Chosen:
    """The strength with the highest PSNR of the restored images, cut to [0, 1].

    Args:
        method: already fitted, where it learns.
        held: of the validation split, one image at least.
        tick: called before each few images and strength; what it raises ends the search.
    """
    parts = held.given(method).split(CHUNK)
    tried = []
    for strength in method.strengths:
        made = []
        for part in parts:
            tick()
            made.append(method.restore(part, strength))
        tried.append(Chosen(method, strength, held.psnr(torch.cat(made)).value))
    return max(tried, key=lambda chosen: chosen.psnr)
