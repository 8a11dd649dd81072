"""Occlusion: a black box of level · height by level · width pixels at a random place."""

import torch
from torch import Generator, Tensor

from aecore.config import Settings, knob
from aecore.corruptions.base import Erasing, corruptions


@corruptions.register("occlusion")
class Occlusion(Erasing):
    """Blackens one box an image, of round(level · H) rows and round(level · W) columns.

    The box lies inside the image as a whole; each place where it does is as likely as the others.
    """

    title = "Occlusion"
    idea = "Hides a part of the image behind a black box; the network must guess what is there."

    class Config(Settings):
        level: float = knob(
            0.4,
            "Side of the box as a share of the image's side; its area is the square of it.",
            low=0,
            high=1,
            label="Side of the box",
        )

    config: Config

    def mask(self, x: Tensor, generator: Generator) -> Tensor:
        tall, wide = (self._hidden(x, generator, size) for size in x.shape[-2:])
        return (tall[:, :, None] & wide[:, None, :])[:, None]

    def _hidden(self, x: Tensor, generator: Generator, size: int) -> Tensor:
        """Which of `size` lines the box of each image crosses: (n, size) bool."""
        side = round(self.config.level * size)
        draw = x.new_empty(len(x), 1).uniform_(0, 1, generator=generator)
        first = (draw * (size - side + 1)).floor_().clamp_max_(size - side)
        lines = torch.arange(size, device=x.device)
        return (lines >= first) & (lines < first + side)
