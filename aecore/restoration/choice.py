"""How strong a method should be: what is best on validation images, never on test images."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from torch import Tensor

from aecore.metrics.reconstruction import psnr_per_image
from aecore.restoration.base import Restorer


@dataclass(frozen=True)
class Chosen:
    """A fitted method and its best strength.

    psnr: mean over the validation images in dB, with that strength.
    """

    method: Restorer
    strength: float
    psnr: float

    def restore(self, damaged: Tensor) -> Tensor:
        """Restored images, cut to the range of pixels: (n, C, H, W) float32 in [0, 1]."""
        return self.method.restore(damaged, self.strength).clamp(0, 1)


def choose(
    method: Restorer, clean: Tensor, damaged: Tensor, tick: Callable[[], None] = lambda: None
) -> Chosen:
    """The strength with the highest mean PSNR of the restored images, cut to [0, 1].

    Args:
        method: already fitted, where it learns.
        clean, damaged: (n, C, H, W) float32 of the validation split, n of at least 1.
        tick: called before each strength; what it raises ends the search.
    """
    tried = []
    for strength in method.strengths:
        tick()
        tried.append(Chosen(method, strength, _quality(method, strength, clean, damaged)))
    return max(tried, key=lambda chosen: chosen.psnr)


def _quality(method: Restorer, strength: float, clean: Tensor, damaged: Tensor) -> float:
    made = method.restore(damaged, strength).clamp(0, 1)
    return float(psnr_per_image(made, clean).mean())
