"""A network and settings that fit samples: what a form starts from."""

from __future__ import annotations

from math import ceil
from typing import Any

from aecore.datasets.splits import HELD_OUT_SHARE
from aecore.samples import Kind

STEPS = 3000
"""Training steps after which most small data sets are learnt well."""
CONVOLVED_FROM = 16
"""Shorter side in pixels from which convolutions pay."""


def suggested(kind: Kind, count: int, shape: tuple[int, int, int], classes: int) -> dict[str, Any]:
    """Settings for so many samples (C, H, W), as `DataSource.suggested` holds them."""
    channels, height, width = shape
    training = count - 2 * round(HELD_OUT_SHARE * count)
    batch = next(size for size in (16, 32, 64, 128) if size * 40 >= training or size == 128)
    epochs = min(200, max(5, ceil(STEPS * batch / max(1, training))))
    found: dict[str, Any] = {"batch_size": batch, "epochs": epochs, "classes": classes}
    numbers = channels * height * width
    if kind == "image" and min(height, width) >= CONVOLVED_FROM:
        found |= {"network": "conv", "latent_dim": 32}
    elif kind == "series" and width >= CONVOLVED_FROM:
        found |= {"network": "conv", "latent_dim": 8}
    elif kind == "points":
        layers = {"width": 64, "depth": 3, "activation": "tanh", "learning_rate": 5e-3}
        found |= {"variant": "autoencoder", "latent_dim": max(1, numbers - 1), **layers}
    else:
        found |= {"latent_dim": max(1, min(16, numbers // 3))}
    return found
