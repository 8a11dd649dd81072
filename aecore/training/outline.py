"""What a model makes of points: reconstructions, and the curve or surface that it decodes to."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor

from aecore.datasets import ImageData
from aecore.models import Autoencoder

CURVE = 201
"""Codes along a curve."""
SIDE = 21
"""Codes along each side of a surface."""
ROUND = 1e-4
"""How far codes on the unit circle may lie off it, by rounding."""


class Outline(NamedTuple):
    """Where a model puts points, in units of their source.

    made: (n, 1, 1, d) float32, the reconstructions; decoded: (lines, m, d) float32, what becomes
    of evenly spaced codes: one line for codes of one number, SIDE lines of SIDE for two, and none
    for more.
    """

    made: Tensor
    decoded: Tensor


def outline(
    model: Autoencoder, sample: Tensor, codes: Tensor, units: Callable[[Tensor], Tensor]
) -> Outline:
    """How a model in eval mode sees the plane or space that its samples lie in.

    Args:
        sample: (n, 1, 1, d) on the common scale and the model's device.
        codes: those of the sample, (n, k).
        units: puts points (m, 1, 1, d) into units of their source.
    """
    wanted = _between(codes[:, :0] if model.label_size else codes)  # which label would it be?
    with torch.inference_mode():
        made = units(model(sample).float().cpu())
        lines = wanted.flatten(0, 1).to(sample.device)
        decoded = model.decode(lines).float().cpu() if len(lines) else sample[:0].cpu()
    return Outline(made, units(decoded).view(*wanted.shape[:2], sample.shape[-1]))


def _between(codes: Tensor) -> Tensor:
    """Evenly spaced codes over the range of those that there are: (lines, m, k)."""
    count, numbers = codes.shape
    if not count or numbers not in (1, 2):
        return codes.new_empty(0, 0, numbers)
    low, high = codes.amin(0), codes.amax(0)
    if numbers == 1:
        return (low + (high - low) * torch.linspace(0, 1, CURVE)[:, None])[None]
    if bool(((codes.norm(dim=1) - 1).abs() < ROUND).all()):  # nothing else is a code there
        angle = torch.linspace(0, 2 * torch.pi, CURVE)
        return torch.stack([angle.cos(), angle.sin()], 1)[None]
    across, up = (torch.linspace(0, 1, SIDE) * (high - low)[i] + low[i] for i in (0, 1))
    return torch.stack(torch.meshgrid(across, up, indexing="ij"), 2)


def along(data: ImageData, count: int) -> Tensor:
    """Where on their shape the first `count` test points lie, (m,) float32: the first number that
    is known of each beside its place; NaN where none is."""
    rows = data.splits["test"][:count]
    known = next(iter(data.metadata.values()), None)
    return torch.full((len(rows),), torch.nan) if known is None else known[rows].float()
