"""Motion blur: each pixel becomes the average along a line of `level` pixels through it."""

import math

import torch
from torch import Generator, Tensor

from aecore.config import Settings, knob
from aecore.corruptions.base import Corruption, corruptions
from aecore.corruptions.resampling import pixel_places, read_at


@corruptions.register("motion_blur")
class MotionBlur(Corruption):
    """Averages along a straight line in one direction an image, drawn evenly from all.

    The line is centred on the pixel and read (bilinear, edge mirrored) at 2 ⌈level⌉ + 1 places,
    evenly from one end to the other.
    """

    title = "Motion blur"
    idea = "Smears each image along a random direction, like a camera that moved."

    class Config(Settings):
        level: float = knob(
            5.0, "Length of the smear in pixels.", low=0, high=20, label="Length of the smear"
        )

    config: Config

    def __call__(self, x: Tensor, generator: Generator) -> Tensor:
        level = self.config.level
        if level == 0:
            return x
        angle = x.new_empty(len(x), 1, 1).uniform_(0, math.pi, generator=generator)
        down, right = angle.sin(), angle.cos()
        rows, columns = pixel_places(x)
        steps = torch.linspace(-level / 2, level / 2, 2 * math.ceil(level) + 1).tolist()
        total = torch.zeros_like(x)
        for step in steps:
            there = torch.broadcast_tensors(rows + step * down, columns + step * right)
            total += read_at(x, there[0], there[1], "reflection")
        return total.div_(len(steps))
