"""Masking: with probability `level` a pixel becomes 0; the rest is not rescaled."""

import torch
from torch import Generator, Tensor

from aecore.config import Settings, knob
from aecore.corruptions.base import Erasing, corruptions
from aecore.samples import ANY


@corruptions.register("masking")
class Masking(Erasing):
    """Zeroes whole pixels (all channels at once): Vincent et al. 2008, section 2.3."""

    title = "Masking"
    idea = (
        "Blackens random pixels, or sets numbers of a table to their mean as if they were missing; "
        "the network must fill the holes from what is left."
    )
    kinds = ANY

    class Config(Settings):
        level: float = knob(
            0.4,
            "Share of the pixels that are blackened, or of the numbers that are taken away.",
            low=0,
            high=1,
            label="Noise level",
        )

    config: Config

    def mask(self, x: Tensor, generator: Generator) -> Tensor:
        draw = torch.empty_like(x[:, :1]).uniform_(0, 1, generator=generator)
        return draw < self.config.level
