"""Toy manifolds: points on known curves and surfaces, where a code can be seen to work or fail."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Literal

import torch

from aecore.config import Settings, knob
from aecore.datasets.base import DataSource, datasets
from aecore.datasets.manifolds import PLANE, SPACE, Manifold
from aecore.datasets.splits import HELD_OUT_SHARE, Pool
from aecore.samples import Column


class ToyConfig(Settings):
    """The knobs that both families share."""

    point_count: int = knob(
        2000, "How many points are drawn.", low=100, high=100_000, log=True, label="Points"
    )
    point_noise: float = knob(
        0.05,
        "How far points lie off the shape: the standard deviation of the noise in each direction, "
        "as a share of the shape's own.",
        low=0,
        high=1,
        label="Noise",
    )
    point_seed: int = knob(0, "Which points are drawn.", low=0, high=10**6)


class Toy(DataSource):
    """Abstract: points (n, 1, 1, coordinates) on one of several shapes."""

    kind = "points"
    licence = "CC0 1.0 (made by this program)"
    manifolds: ClassVar[Mapping[str, Manifold]]
    coordinates: ClassVar[tuple[str, ...]]

    config: ToyConfig

    @property
    def manifold(self) -> Manifold:
        """The shape that was chosen."""
        return self.manifolds[str(getattr(self.config, "manifold"))]  # noqa: B009  a knob of each

    @property
    def shape(self) -> tuple[int, int, int]:
        return 1, 1, len(self.coordinates)

    @property
    def classes(self) -> tuple[str, ...]:
        """The parts of the shape; where it has none, the shape itself."""
        return self.manifold.classes

    @property
    def columns(self) -> tuple[Column, ...]:
        return tuple(Column(name) for name in self.coordinates)

    @property
    def metadata(self) -> tuple[Column, ...]:
        return tuple(Column(name) for name in self.manifold.positions)

    @property
    def train_size(self) -> int:
        """What `base.split` leaves."""
        return self.config.point_count - 2 * round(HELD_OUT_SHARE * self.config.point_count)

    def read(self) -> Pool:
        """Draw the points; every part of the shape gets as many."""
        generator = torch.Generator().manual_seed(self.config.point_seed)
        count = self.config.point_count
        uniform = torch.rand(count, 2, generator=generator, dtype=torch.float64)
        part = torch.arange(count) % len(self.classes)
        exact, positions = self.manifold.draw(uniform, part)
        spread = exact.var(0, correction=0).mean().sqrt()
        noise = torch.randn(exact.shape, generator=generator, dtype=torch.float64)
        points = (exact + self.config.point_noise * spread * noise).float()
        names = self.manifold.positions
        known = {name: positions[:, place].float() for place, name in enumerate(names)}
        return Pool(points[:, None, None, :].contiguous(), part, None, {}, known)


@datasets.register("toy_plane")
class ToyPlane(Toy):
    """Curves and clouds in the plane: a code of one number has to run along them."""

    title = "Toy shapes in the plane"
    summary = (
        "Points on moons, circles, spirals and other curves in the plane. Data, code and "
        "reconstruction fit into one picture, so one sees what an autoencoder does."
    )
    suggested = {
        "variant": "autoencoder", "latent_dim": 1, "width": 64, "depth": 3, "activation": "tanh",
        "batch_size": 64, "epochs": 100, "learning_rate": 5e-3, "classes": 2,
    }  # fmt: skip
    manifolds = PLANE
    coordinates = ("x", "y")

    class Config(ToyConfig):
        manifold: Literal["moons", "circles", "spirals", "ring", "wave", "blobs"] = knob(
            "moons",
            "On which shape the points lie; all but the blobs are curves, for a code of one "
            "number.",
            label="Shape",
        )


@datasets.register("toy_space")
class ToySpace(Toy):
    """Surfaces and curves in space: a code of two numbers has to flatten them."""

    title = "Toy shapes in space"
    summary = (
        "Points on an S-curve, a Swiss roll, a sphere and other surfaces and curves in space. "
        "One sees whether a code of two numbers unrolls them."
    )
    suggested = {
        "variant": "autoencoder", "latent_dim": 2, "width": 64, "depth": 3, "activation": "silu",
        "batch_size": 64, "epochs": 100, "learning_rate": 1e-2, "classes": 1,
    }  # fmt: skip
    manifolds = SPACE
    coordinates = ("x", "y", "z")

    class Config(ToyConfig):
        manifold: Literal["s_curve", "swiss_roll", "helix", "twisted_cubic", "sphere", "torus"] = (
            knob(
                "s_curve",
                "On which shape the points lie; surfaces need a code of two numbers, helix and "
                "twisted cubic one of one.",
                label="Shape",
            )
        )
