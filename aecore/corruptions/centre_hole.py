"""A hole in the middle: a black box of level · height by level · width pixels, always there."""

import torch
from torch import Generator, Tensor

from aecore.config import Settings, knob
from aecore.corruptions.base import Erasing, corruptions


@corruptions.register("centre_hole")
class CentreHole(Erasing):
    """Blackens round(level · H) rows by round(level · W) columns in the middle: Pathak et al. 2016.

    Where the hole cannot lie exactly in the middle, it lies half a pixel further up or left.
    """

    title = "Hole in the middle"
    idea = "Hides the middle of the image behind a black box; the network must draw what is there."

    class Config(Settings):
        level: float = knob(
            0.5,
            "Side of the hole as a share of the image's side; its area is the square of it.",
            low=0,
            high=1,
            label="Side of the hole",
        )

    config: Config

    def mask(self, x: Tensor, generator: Generator) -> Tensor:  # noqa: ARG002
        height, width = x.shape[-2:]
        taken = torch.zeros(len(x), 1, height, width, dtype=torch.bool, device=x.device)
        (up, down), (left, right) = (self._span(size) for size in (height, width))
        taken[..., up:down, left:right] = True
        return taken

    def _span(self, size: int) -> tuple[int, int]:
        """The first line of the hole, and the first after it."""
        side = round(self.config.level * size)
        first = (size - side) // 2
        return first, first + side
