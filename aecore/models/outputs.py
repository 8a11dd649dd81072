"""What a decoder's raw numbers mean where samples are no images: numbers, and categories.

Numbers are compared by their squared error. The numbers of a category are logits: compared by
cross-entropy, -Σ_v target_v log softmax(raw)_v, which is 0 where the value is missing.
"""

from __future__ import annotations

import torch
from torch import Tensor

from aecore.samples import Group

RAREST = 1e-3
"""Share of a category's value of the first x_hat; the logarithm of 0 would be infinite."""


def distance(raw: Tensor, target: Tensor, groups: tuple[Group, ...], weight: float = 1.0) -> Tensor:
    """How far each number is from its target; both and the result (n, ...).

    weight: of the cross-entropies, beside the squared errors.
    """
    squares = (raw - target).square()
    if not groups:
        return squares
    made, wanted, result = raw.flatten(1), target.flatten(1), squares.flatten(1)
    parts, at = [], 0
    for start, stop in groups:
        nats = -wanted[:, start:stop] * made[:, start:stop].log_softmax(1)
        parts += [result[:, at:start], weight * nats]
        at = stop
    return torch.cat([*parts, result[:, at:]], 1).view(target.shape)


def picture(raw: Tensor, groups: tuple[Group, ...]) -> Tensor:
    """Raw numbers (n, ...) as a sample: those of a category become shares that add up to 1."""
    if not groups:
        return raw
    made = raw.flatten(1)
    parts, at = [], 0
    for start, stop in groups:
        parts += [made[:, at:start], made[:, start:stop].softmax(1)]
        at = stop
    return torch.cat([*parts, made[:, at:]], 1).view(raw.shape)


def raw_of(mean: Tensor, groups: tuple[Group, ...]) -> Tensor:
    """The raw numbers whose `picture` is this average sample, nearly; (C, H, W)."""
    made = mean.flatten().clone()
    for start, stop in groups:
        made[start:stop] = made[start:stop].clamp_min(RAREST).log()
    return made.view(mean.shape)
