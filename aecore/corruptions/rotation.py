"""Rotation: each image is turned around its centre by an angle of up to `level` degrees."""

import torch
from torch import Generator, Tensor

from aecore.config import Settings, knob
from aecore.corruptions.base import Corruption, corruptions
from aecore.corruptions.resampling import pixel_places, read_at


@corruptions.register("rotation")
class Rotation(Corruption):
    """Turns by an angle drawn evenly from −level to level; bilinear, black where nothing was."""

    title = "Rotation"
    idea = "Turns each image by a random angle, so that it must be put upright again."

    class Config(Settings):
        level: float = knob(
            30.0, "Largest angle in degrees, to either side.", low=0, high=180, label="Angle"
        )

    config: Config

    def __call__(self, x: Tensor, generator: Generator) -> Tensor:
        if self.config.level == 0:
            return x
        turn = x.new_empty(len(x), 1, 1).uniform_(-1, 1, generator=generator)
        return turned(x, turn * self.config.level)


def turned(x: Tensor, degrees: Tensor) -> Tensor:
    """Images (n, C, H, W) turned anticlockwise by their angles (n, 1, 1)."""
    angle = torch.deg2rad(degrees)
    rows, columns = pixel_places(x)
    down, right = rows - rows.mean(), columns - columns.mean()
    there = (
        rows.mean() + down * angle.cos() + right * angle.sin(),
        columns.mean() + right * angle.cos() - down * angle.sin(),
    )
    return read_at(x, *there, beyond="zeros")
