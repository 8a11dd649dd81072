"""Poisson noise: level · Poisson(x / level), the count of light particles on a sensor."""

import torch
from torch import Generator, Tensor

from aecore.config import Settings, knob
from aecore.corruptions.base import Corruption, clip_knob, corruptions


@corruptions.register("poisson")
class PoissonNoise(Corruption):
    """Counts light: a white pixel catches 1 / level particles on average, others fewer.

    Mean x, variance level · x. `level` is 1 / peak of the usual Poisson(peak · x) / peak, so that
    more is worse; at 0 there is so much light that nothing is lost.
    """

    title = "Poisson noise"
    idea = "Photographs in too little light: each pixel counts a few particles of it, at random."

    class Config(Settings):
        level: float = knob(
            0.1,
            "One over the particles of light that a white pixel catches: 0.1 means 10 of them.",
            low=0,
            high=1,
            label="Noise level",
        )
        clip: bool = clip_knob()

    config: Config

    def __call__(self, x: Tensor, generator: Generator) -> Tensor:
        level = self.config.level
        if level == 0:
            return x
        noisy = torch.poisson(x.clamp_min(0) / level, generator=generator).mul_(level)
        return noisy.clamp_(0, 1) if self.config.clip else noisy
