"""Curves, surfaces and clouds in the plane and in space, each by its equation.

Every shape turns uniform numbers into points that lie on it exactly, and says where on it they
lie: what a code of one or two numbers can find, and no model is told.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import pi, sqrt

import torch
from torch import Tensor

Draw = Callable[[Tensor, Tensor], tuple[Tensor, Tensor]]
"""(uniform (n, 2) in [0, 1), part (n,) int64) to points (n, d) and positions on it (n, k)."""

CORNERS = torch.tensor([[0.0, 1.0], [-sqrt(3) / 2, -0.5], [sqrt(3) / 2, -0.5]])
"""Centres of the blobs: an equilateral triangle around the origin."""
BLOB = 0.25
"""Standard deviation of a blob in each direction."""
INNER = 0.5
"""Radius of the inner of two circles; that of the outer one is 1."""
TURNS = (pi / 2, 3 * pi)
"""From which angle to which an arm of the spirals winds."""
THICK = 0.4
"""Radius of the tube of the torus; its middle runs around a circle of radius 1."""
SETTLED = 40
"""Steps after which the angle around the tube is exact: each shrinks the error to THICK of it."""


@dataclass(frozen=True)
class Manifold:
    """A shape: what it is called, the names of its parts and of positions on it, its equation.

    Without parts there is one, called like the shape.
    """

    title: str
    draw: Draw
    positions: tuple[str, ...] = ()
    parts: tuple[str, ...] = ()

    @property
    def classes(self) -> tuple[str, ...]:
        """The names of its parts, at least one."""
        return self.parts or (self.title,)


def _circles(u: Tensor, part: Tensor) -> tuple[Tensor, Tensor]:
    """Radius 1, or INNER for the second part."""
    angle = 2 * pi * u[:, 0]
    radius = torch.where(part == 0, 1.0, INNER)
    return radius[:, None] * _around(angle), angle[:, None]


def _moons(u: Tensor, part: Tensor) -> tuple[Tensor, Tensor]:
    """Two half circles of radius 1 that reach into each other, as scikit-learn has them."""
    angle = pi * u[:, 0]
    upper = _around(angle)
    lower = torch.tensor([1.0, 0.5]) - upper
    return torch.where((part == 0)[:, None], upper, lower), angle[:, None]


def _spirals(u: Tensor, part: Tensor) -> tuple[Tensor, Tensor]:
    """Two arms of Archimedes' spiral, radius = angle / 3π, half a turn apart."""
    angle = TURNS[0] + (TURNS[1] - TURNS[0]) * u[:, 0]
    return (angle / TURNS[1])[:, None] * _around(angle + pi * part), angle[:, None]


def _ring(u: Tensor, _: Tensor) -> tuple[Tensor, Tensor]:
    angle = 2 * pi * u[:, 0]
    return _around(angle), angle[:, None]


def _wave(u: Tensor, _: Tensor) -> tuple[Tensor, Tensor]:
    """y = sin x over one and a half periods."""
    x = 3 * pi * (u[:, 0] - 0.5)
    return torch.stack([x, x.sin()], 1), x[:, None]


def _blobs(u: Tensor, part: Tensor) -> tuple[Tensor, Tensor]:
    """Normal clouds (Box and Muller 1958) around the corners of a triangle."""
    far = (-2 * torch.log1p(-u[:, 0])).sqrt()
    cloud = far[:, None] * _around(2 * pi * u[:, 1])
    return CORNERS[part] + BLOB * cloud, torch.empty(len(u), 0)


def _swiss_roll(u: Tensor, _: Tensor) -> tuple[Tensor, Tensor]:
    """A rolled-up sheet (Tenenbaum, de Silva and Langford 2000), as scikit-learn has it."""
    roll, height = 1.5 * pi * (1 + 2 * u[:, 0]), 21 * u[:, 1]
    points = torch.stack([roll * roll.cos(), height, roll * roll.sin()], 1)
    return points, torch.stack([roll, height], 1)


def _s_curve(u: Tensor, _: Tensor) -> tuple[Tensor, Tensor]:
    """A sheet bent like an S, as scikit-learn has it."""
    bend, height = 3 * pi * (u[:, 0] - 0.5), 2 * u[:, 1]
    points = torch.stack([bend.sin(), height, bend.sign() * (bend.cos() - 1)], 1)
    return points, torch.stack([bend, height], 1)


def _helix(u: Tensor, _: Tensor) -> tuple[Tensor, Tensor]:
    """Two turns around the unit cylinder, each one unit up."""
    angle = 4 * pi * u[:, 0]
    return torch.cat([_around(angle), angle[:, None] / (2 * pi)], 1), angle[:, None]


def _twisted_cubic(u: Tensor, _: Tensor) -> tuple[Tensor, Tensor]:
    """(t, t², t³) for t from -1 to 1: a curve that no plane holds."""
    t = 2 * u[:, :1] - 1
    return torch.cat([t, t**2, t**3], 1), t


def _sphere(u: Tensor, _: Tensor) -> tuple[Tensor, Tensor]:
    """Uniform on the unit sphere: its height is uniform (Archimedes)."""
    longitude, height = 2 * pi * u[:, 0], 2 * u[:, 1] - 1
    flat = (1 - height.square()).sqrt()[:, None] * _around(longitude)
    points = torch.cat([flat, height[:, None]], 1)
    return points, torch.stack([longitude, height.asin()], 1)


def _torus(u: Tensor, _: Tensor) -> tuple[Tensor, Tensor]:
    """Uniform by area: the angle v around the tube has the density (1 + THICK cos v) / 2π.

    Its distribution function, (v + THICK sin v) / 2π, is inverted by iteration.
    """
    around, tube = 2 * pi * u[:, 0], 2 * pi * u[:, 1]
    wanted = tube
    for _step in range(SETTLED):
        tube = wanted - THICK * tube.sin()
    flat = (1 + THICK * tube.cos())[:, None] * _around(around)
    points = torch.cat([flat, THICK * tube.sin()[:, None]], 1)
    return points, torch.stack([around, tube], 1)


def _around(angle: Tensor) -> Tensor:
    """Angles (n,) as points on the unit circle, (n, 2)."""
    return torch.stack([angle.cos(), angle.sin()], 1)


PLANE: dict[str, Manifold] = {
    "moons": Manifold("Two moons", _moons, ("angle",), ("Upper moon", "Lower moon")),
    "circles": Manifold("Two circles", _circles, ("angle",), ("Outer circle", "Inner circle")),
    "spirals": Manifold("Two spirals", _spirals, ("angle",), ("First arm", "Second arm")),
    "ring": Manifold("Ring", _ring, ("angle",)),
    "wave": Manifold("Wave", _wave, ("distance",)),
    "blobs": Manifold("Gaussian blobs", _blobs, (), ("Top blob", "Left blob", "Right blob")),
}
SPACE: dict[str, Manifold] = {
    "swiss_roll": Manifold("Swiss roll", _swiss_roll, ("roll", "height")),
    "s_curve": Manifold("S-curve", _s_curve, ("bend", "height")),
    "helix": Manifold("Helix", _helix, ("angle",)),
    "twisted_cubic": Manifold("Twisted cubic", _twisted_cubic, ("distance",)),
    "sphere": Manifold("Sphere", _sphere, ("longitude", "latitude")),
    "torus": Manifold("Torus", _torus, ("around", "tube")),
}
