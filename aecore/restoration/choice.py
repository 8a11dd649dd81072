"""How strong a method should be: what is best on validation images, never on test images."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from torch import Tensor

from aecore.restoration.base import Restorer
from aecore.restoration.sample import Sample


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
        tick: called before each strength; what it raises ends the search.
    """
    given = held.given(method)
    tried = []
    for strength in method.strengths:
        tick()
        psnr = held.psnr(method.restore(given, strength)).value
        tried.append(Chosen(method, strength, psnr))
    return max(tried, key=lambda chosen: chosen.psnr)
