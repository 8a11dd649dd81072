"""Ways from one code to another."""

from __future__ import annotations

import torch
from torch import Tensor

ALIKE = 1e-3
"""How much the lengths of codes on a sphere may differ, relative to their mean."""
PARALLEL = 1e-6


def straight(a: Tensor, b: Tensor, steps: int) -> Tensor:
    """Evenly from a to b, both included: two of any one shape to (steps, ...); steps at least 2.

    Of images it is a cross-fade.
    """
    shares = torch.linspace(0, 1, steps).view(-1, *[1] * a.dim())
    return torch.lerp(a[None], b[None], shares)


def spherical(a: Tensor, b: Tensor, steps: int) -> Tensor:
    """Along the great circle from a to b, both (d,) and included: (steps, d).

    Shoemake 1985, "Animating rotation with quaternion curves"; for codes: White 2016, "Sampling
    generative networks". The angle grows evenly, and so does the length where that of a and b
    differs. Parallel codes, codes of one number, and one at the origin leave a straight way; of the
    many ways between opposite ones it is one, always the same.
    """
    lengths = straight(a.norm(), b.norm(), steps)[:, None]
    if min(float(a.norm()), float(b.norm())) == 0:
        return straight(a, b, steps)
    u, v = a / a.norm(), b / b.norm()
    aside = v - (u @ v) * u
    height = aside.norm()
    if float(height) < PARALLEL:
        if u @ v > 0 or len(u) == 1:
            return straight(a, b, steps)
        aside = torch.zeros_like(u)
        aside[u.abs().argmin()] = 1
        aside = aside - (u @ aside) * u
    angle = torch.atan2(height, u @ v)
    turned = straight(torch.zeros(()), angle, steps)[:, None]
    return lengths * (turned.cos() * u + turned.sin() * aside / aside.norm())


def on_sphere(codes: Tensor) -> bool:
    """Whether codes (n, d) are all equally long, as those of a hyperspherical model are."""
    lengths = codes.norm(dim=1)
    return bool(lengths.max() - lengths.min() <= ALIKE * lengths.mean()) and len(codes) > 1
