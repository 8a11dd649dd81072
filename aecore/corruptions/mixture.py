"""Mixture: each image gets one of several corruptions, chosen at random."""

import torch
from torch import Generator, Tensor

from aecore.config import Settings, knob
from aecore.corruptions.base import Corruption, corruptions

HARDEST = {
    "gaussian": 1.0,
    "salt_pepper": 0.6,
    "masking": 0.8,
    "poisson": 1.0,
    "gaussian_blur": 3.0,
    "motion_blur": 12.0,
    "occlusion": 0.7,
    "dropped_rows": 0.7,
}
"""What a mixture is made of, and the level of each where the mixture's own is 1."""


@corruptions.register("mixture")
class Mixture(Corruption):
    """Draws one of the eight corruptions of `HARDEST` for each image, all as likely.

    The chosen one has `level` times the level that stands there, and its other settings as they
    are by default.
    """

    title = "Mixture"
    idea = "Damages each image in one of eight ways, drawn at random: noise, holes, blur and more."

    class Config(Settings):
        level: float = knob(
            0.5,
            "How strong, from 0 (nothing) to 1 (hard to recognise), whichever damage is drawn.",
            low=0,
            high=1,
            label="Noise level",
        )

    config: Config

    def __call__(self, x: Tensor, generator: Generator) -> Tensor:
        damaged = x.clone()
        share = torch.empty(len(x), device=x.device).uniform_(0, 1, generator=generator)
        drawn = share.mul_(len(HARDEST)).long()
        for index, (name, hardest) in enumerate(HARDEST.items()):
            kind = corruptions[name]
            rows = drawn == index
            part = kind(kind.Config.parse({"level": self.config.level * hardest}))
            damaged[rows] = part(x[rows], generator)
        return damaged
