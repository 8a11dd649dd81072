"""What both sides give back after training, and what is measured on it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor

from aecore.datasets import ImageData, open_data
from aecore.datasets.splits import Split
from aecore.metrics.probes import linear_accuracy, neighbour_accuracy
from aecore.metrics.reconstruction import mse_per_image
from aecore.runs import RunSpec
from benchmarks.variants.pairs import Plan

CHUNK = 500
VALIDATION = 256

Copy = Callable[[Tensor], tuple[Tensor, Tensor]]
"""Images (n, 1, 28, 28) in [0, 1] to their codes (n, code size) and reconstructions."""


@dataclass(frozen=True)
class Trained:
    """seconds: of the training, from a model and images in memory to the last step."""

    seconds: float
    copy: Copy


def images_of(values: dict[str, Any], plan: Plan) -> ImageData:
    """The images that both sides get; few to validate on, since pythae validates on none."""
    spec = RunSpec.from_flat(values)
    data = open_data(spec.dataset, spec.source, spec.splits)
    kept: dict[Split, Tensor] = {
        "train": data.splits["train"],
        "validation": data.splits["validation"][:VALIDATION],
        "test": data.splits["test"][: plan.test],
    }
    return replace(data, splits=kept)


def measures(trained: Trained, data: ImageData) -> dict[str, float]:
    """Each measure on the test images, by name; classes are told by codes of training images."""
    codes, _, labels = _copied(trained.copy, data, "train")
    test_codes, errors, test_labels = _copied(trained.copy, data, "test")
    told = codes, labels, test_codes, test_labels
    found = {
        "MSE per pixel": float(errors.mean()),
        "5-NN accuracy": neighbour_accuracy(*told),
        "linear accuracy": linear_accuracy(*told),
        "seconds": trained.seconds,
    }
    return {name: round(value, 6) for name, value in found.items()}


def _copied(copy: Copy, data: ImageData, split: Any) -> tuple[Tensor, Tensor, Tensor]:
    """Codes, squared error of each image and labels of a split."""
    codes, errors = [], []
    with torch.no_grad():
        for part in data.part(split).split(CHUNK):
            x = part / 255
            code, x_hat = copy(x)
            codes.append(code.flatten(1))
            errors.append(mse_per_image(x_hat, x))
    return torch.cat(codes), torch.cat(errors), data.part_labels(split)
