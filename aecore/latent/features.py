"""What single units of a code stand for: how often each is at work, and what it draws."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from aecore.glyphs import REACH
from aecore.latent.codes import Decode
from aecore.runs.inference import CHUNK


class Units(NamedTuple):
    """Of each of d units over n images: (d,) float64 each.

    active: the share of the images where it is not exactly 0; mean and deviation of its values.
    """

    active: Tensor
    mean: Tensor
    deviation: Tensor


def units_of(codes: Tensor) -> Units:
    """How the units of codes (n, d), n of at least 1, are used."""
    values = codes.double()
    active = (codes != 0).double().mean(0)
    return Units(active, values.mean(0), values.std(0, unbiased=False))


def strongest(codes: Tensor, count: int) -> Tensor:
    """The images with the most of each unit of codes (n, d), the most first: (d, k) int64."""
    return codes.argsort(dim=0, descending=True, stable=True)[:count].T.contiguous()


def drawn_by(decode: Decode, codes: Tensor, units: list[int]) -> Tensor:
    """What each unit adds to an image: (u, C, H, W) float32, of any sign.

    (g(m + s_j e_j) − g(m − s_j e_j)) / 2 with m the mean code and s_j the unit's deviation: of a
    linear decoder the column of its matrix, times s_j.

    Args:
        codes: (n, d), over which mean and deviation are taken.
        units: which.
    """
    found = units_of(codes)
    middle, found_images = found.mean.float(), []
    for start in range(0, len(units), CHUNK):
        rows = torch.tensor(units[start : start + CHUNK])
        step = torch.zeros(len(rows), codes.shape[1])
        step[torch.arange(len(rows)), rows] = found.deviation.float()[rows]
        with torch.inference_mode():
            found_images.append((decode(middle + step) - decode(middle - step)) / 2)
    return torch.cat(found_images).clone()


def as_pictures(differences: Tensor) -> Tensor:
    """What units add (u, C, H, W) as grey pictures (u, C, H, W) uint8, each on its own scale.

    Middle grey is nothing, white the most that it adds anywhere, black as much taken away.
    """
    most = differences.abs().flatten(1).amax(1).clamp_min(1e-12)
    return (127.5 + 127.5 * differences / most.view(-1, 1, 1, 1)).round().clamp(0, 255).byte()


def on_a_scale(differences: Tensor) -> Tensor:
    """What units add to samples that are no images, each so that its picture is filled by it."""
    most = differences.abs().flatten(1).amax(1).clamp_min(1e-12)
    return REACH * differences / most.view(-1, 1, 1, 1)
