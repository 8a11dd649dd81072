"""Shapes whose making is known: the data on which it can be measured what a code pulls apart."""

from __future__ import annotations

from math import pi, sqrt

import torch
from torch import Tensor

from aecore.config import Settings, knob
from aecore.datasets.base import DataSource, datasets
from aecore.datasets.splits import HELD_OUT_SHARE, Pool

SIZES = 6
"""Steps of the size: half of the square's side, from 1/12 to 1/6 of the image: no shape is cut."""
TURNS = 9
"""Steps of the rotation, of 10° each: less than a quarter turn, after which a square is itself."""
PLACES = 16
"""Steps of each coordinate, over the middle half of the image."""
FINE = 3
"""Points along each side of a pixel that are looked at; their mean is its brightness."""
AT_ONCE = 500
"""Images that are drawn together."""


@datasets.register("shapes")
class Shapes(DataSource):
    """One shape on black; every factor is drawn uniformly and independently of the others.

    In the manner of dSprites (Matthey et al. 2017), which has every combination once, a heart in
    place of the triangle, and no colour.
    """

    title = "Shapes with known factors"
    summary = (
        "Squares, ellipses and triangles of known place, size, rotation and colour, made on the "
        "spot. They show whether a code keeps apart what is independent in the images."
    )
    licence = "CC0 1.0 (made by this program)"
    suggested = {"epochs": 30, "batch_size": 128, "classes": 3}
    classes = ("Square", "Ellipse", "Triangle")

    class Config(Settings):
        image_count: int = knob(
            10_000, "How many images are made.", low=100, high=100_000, log=True, label="Images"
        )
        image_side: int = knob(
            32, "Height and width of each image in pixels.", low=16, high=128, label="Image size"
        )
        colours: int = knob(
            1, "How many colours there are; with 1, all shapes are white.", low=1, high=6
        )
        shape_seed: int = knob(0, "Which images are made.", low=0, high=10**6)

    config: Config

    @property
    def shape(self) -> tuple[int, int, int]:
        """(channels, side, side), three channels where there is more than one colour."""
        return 1 if self.config.colours == 1 else 3, self.config.image_side, self.config.image_side

    @property
    def train_size(self) -> int:
        """What `base.split` leaves."""
        return self.config.image_count - 2 * round(HELD_OUT_SHARE * self.config.image_count)

    def read(self) -> Pool:
        """Draw them: factors in steps from 0, as many as `steps` says."""
        generator = torch.Generator().manual_seed(self.config.shape_seed)
        count = (self.config.image_count,)
        factors = {
            name: torch.randint(steps, count, generator=generator)
            for name, steps in self.steps().items()
        }
        parts = zip(*(values.split(AT_ONCE) for values in factors.values()), strict=True)
        drawn = [
            draw(dict(zip(factors, part, strict=True)), self.config.image_side) for part in parts
        ]
        images = torch.cat(drawn)
        if self.config.colours > 1:
            images = painted(images, factors["colour"] / self.config.colours)
        numbers = {name: values.float() for name, values in factors.items()}
        return Pool((images * 255).round().byte(), factors["shape"], None, numbers)

    def steps(self) -> dict[str, int]:
        """How many values each factor has, by name; colour only where there are several."""
        known = {"shape": 3, "size": SIZES, "rotation": TURNS, "x": PLACES, "y": PLACES}
        return known | ({"colour": self.config.colours} if self.config.colours > 1 else {})


def draw(factors: dict[str, Tensor], side: int) -> Tensor:
    """Grey images of shapes, (n, 1, side, side) float32 in [0, 1], from their factors, (n,) each.

    A pixel is as bright as the share of it that the shape covers, by FINE × FINE points.
    """
    size, turn, x, y = (
        factors[name].float()[:, None, None] for name in ("size", "rotation", "x", "y")
    )
    half = (1 + size / (SIZES - 1)) / 12
    angle = turn * pi / 18
    points = (torch.arange(FINE * side) + 0.5) / (FINE * side)
    across = points[None, None, :] - (0.25 + x / (2 * (PLACES - 1)))
    down = points[None, :, None] - (0.25 + y / (2 * (PLACES - 1)))
    u = (across * angle.cos() + down * angle.sin()) / half
    v = (down * angle.cos() - across * angle.sin()) / half
    kind = factors["shape"][:, None, None]
    covered = torch.where(kind == 0, _square(u, v), _ellipse(u, v))
    covered = torch.where(kind == 2, _triangle(u, v), covered)
    return torch.nn.functional.avg_pool2d(covered[:, None].float(), FINE)


def _square(u: Tensor, v: Tensor) -> Tensor:
    return torch.maximum(u.abs(), v.abs()) <= 1


def _ellipse(u: Tensor, v: Tensor) -> Tensor:
    return u.square() + (v / 0.6).square() <= 1


def _triangle(u: Tensor, v: Tensor) -> Tensor:
    """Equilateral, its corners at a distance of 1.2 from the middle."""
    return (v <= 0.6) & (sqrt(3) * u.abs() - v <= 1.2)


def painted(grey: Tensor, hue: Tensor) -> Tensor:
    """(n, 1, H, W) and hues (n,) in [0, 1) to (n, 3, H, W): full colours of the circle of HSV."""
    sixth = 6 * hue
    red = (sixth - 3).abs() - 1
    green, blue = 2 - (sixth - 2).abs(), 2 - (sixth - 4).abs()
    return grey * torch.stack([red, green, blue], 1).clamp(0, 1)[:, :, None, None]
