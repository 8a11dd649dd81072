"""Speckle: x + x · level · n with n standard normal, per pixel and channel."""

import torch
from torch import Generator, Tensor

from aecore.config import Settings, knob
from aecore.corruptions.base import Corruption, clip_knob, corruptions


@corruptions.register("speckle")
class Speckle(Corruption):
    """Multiplies each pixel by 1 + level · n: mean x, standard deviation level · x."""

    title = "Speckle"
    idea = "Grain that grows with the brightness, as in radar and ultrasound; black stays black."

    class Config(Settings):
        level: float = knob(
            0.5,
            "Standard deviation of the noise, as a share of the pixel's own brightness.",
            low=0,
            high=2,
            label="Noise level",
        )
        clip: bool = clip_knob()

    config: Config

    def __call__(self, x: Tensor, generator: Generator) -> Tensor:
        noise = torch.empty_like(x).normal_(0, 1, generator=generator)
        noisy = torch.addcmul(x, x, noise, value=self.config.level)
        return noisy.clamp_(0, 1) if self.config.clip else noisy
