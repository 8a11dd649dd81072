"""Colour taken away: x + level · (Y − x), with Y the luminance of Rec. 601 in all channels."""

import torch
from torch import Generator, Tensor

from aecore.config import Settings, knob
from aecore.corruptions.base import Corruption, corruptions

WEIGHTS = (0.299, 0.587, 0.114)
"""Of red, green and blue in the luminance: Recommendation ITU-R BT.601, as in JPEG and Pillow."""


@corruptions.register("grey")
class Grey(Corruption):
    """Draws every pixel towards its own luminance, which stays as it is."""

    title = "Grey"
    idea = "Takes the colour away and leaves how bright each pixel is."
    task = "colour"
    needs_colour = True

    class Config(Settings):
        level: float = knob(
            1.0,
            "Share of the colour that is taken: 1 leaves a grey image.",
            low=0,
            high=1,
            label="Share of the colour",
        )

    config: Config

    def __call__(self, x: Tensor, generator: Generator) -> Tensor:  # noqa: ARG002
        self.check(x.shape[1:])
        return x.lerp(luminance(x), self.config.level)


def luminance(x: Tensor) -> Tensor:
    """How bright each pixel of images (n, 3, H, W) is: (n, 1, H, W), in [0, 1] where they are."""
    weights = torch.tensor(WEIGHTS, dtype=x.dtype, device=x.device)
    return (x * weights[:, None, None]).sum(1, keepdim=True)
