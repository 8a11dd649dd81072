"""Salt and pepper: with probability `level` a pixel becomes black or white, equally often."""

import torch
from torch import Generator, Tensor

from aecore.config import Settings, knob
from aecore.corruptions.base import Corruption, corruptions


@corruptions.register("salt_pepper")
class SaltAndPepper(Corruption):
    """Replaces whole pixels (all channels at once) by 0 or 1."""

    title = "Salt and pepper"
    idea = "Turns random pixels fully black or fully white, like a faulty sensor."

    class Config(Settings):
        level: float = knob(
            0.2, "Share of the pixels that are replaced.", low=0, high=1, label="Noise level"
        )

    config: Config

    def __call__(self, x: Tensor, generator: Generator) -> Tensor:
        draw = torch.empty_like(x[:, :1]).uniform_(0, 1, generator=generator)
        half = self.config.level / 2
        return x.masked_fill(draw < half, 0.0).masked_fill_(draw >= 1 - half, 1.0)
