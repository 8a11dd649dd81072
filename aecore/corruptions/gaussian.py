"""Gaussian noise: x + level · n with n standard normal, per pixel and channel."""

import torch
from torch import Generator, Tensor

from aecore.config import Settings, knob
from aecore.corruptions.base import Corruption, clip_knob, corruptions
from aecore.samples import ANY


@corruptions.register("gaussian")
class GaussianNoise(Corruption):
    """Adds noise of mean 0 and standard deviation `level` (pixels run from 0 to 1)."""

    title = "Gaussian noise"
    idea = "Adds a random amount to every pixel or number, as in a grainy photograph."
    kinds = ANY

    class Config(Settings):
        level: float = knob(
            0.3,
            "Standard deviation of the noise; pixels run from 0 to 1, and numbers of a table or a "
            "series have a standard deviation of 1.",
            low=0,
            high=2,
            label="Noise level",
        )
        clip: bool = clip_knob()

    config: Config

    def __call__(self, x: Tensor, generator: Generator) -> Tensor:
        noise = torch.empty_like(x).normal_(0, 1, generator=generator)
        noisy = torch.add(x, noise, alpha=self.config.level)
        return noisy.clamp_(0, 1) if self.config.clip else noisy
