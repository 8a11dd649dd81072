"""How far off the reconstructions of the test images are: each, by class, and pixel by pixel."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np
import torch
from torch import Tensor

from aecore.config import knob
from aecore.corruptions import corruptions
from aecore.datasets import ImageData, open_data
from aecore.metrics.intervals import mean_interval
from aecore.metrics.reconstruction import decibels, mse_per_image
from aecore.reports.base import Findings, Follow, Report, Row, reports
from aecore.reports.damaged import OWN, DamageConfig, corruption_of, level_of
from aecore.runs.inference import CHUNK, LoadedModel, reconstructions
from aecore.runs.store import Run

if TYPE_CHECKING:
    Named = str
else:
    Named = Literal[(OWN, *corruptions)]


@reports.register("reconstruct")
class Reconstruct(Report):
    """Every reconstruction with its error, the errors of each class and of each pixel."""

    title = "Reconstructions"
    idea = "How far each test image's reconstruction is off, and which classes are hard."

    class Config(DamageConfig):
        """Which damage, if any, on how many images."""

        corruption: Named = knob(
            "none", "What damages the images before they go in; own takes that of the training."
        )
        count: int = knob(
            2000, "Test images that are looked at, from the first on.", low=10, high=100_000,
            log=True, label="Test images",
        )  # fmt: skip

    config: Config

    def make(self, run: Run, loaded: LoadedModel, follow: Follow) -> Findings:
        """Tables: classes. Arrays: mse (n,), outputs (n, C, H, W) uint8, pixels (H, W).

        Of what is no image outputs are pictures, pixels are its numbers, and there is no PSNR.
        """
        data = open_data(run.spec.dataset, run.spec.source, run.spec.splits)
        corruption = corruption_of(run.spec, self.config.corruption, self.config.level)
        images = data.part("test", self.config.count)
        errors: list[Tensor] = []
        outputs: list[Tensor] = []
        pixels = torch.zeros(images.shape[2:], dtype=torch.float64)
        seed = self.config.noise_seed
        for clean, _, made in reconstructions(loaded.model, images, corruption, seed):
            follow(CHUNK * len(errors) / len(images), "what the model makes of the test images")
            errors.append(mse_per_image(made, clean))
            outputs.append(data.pictures(made))
            pixels += (made.double() - clean.double()).square().mean(1).sum(0)
        mse = torch.cat(errors)
        scope = {
            "split": "test",
            "n": len(mse),
            "step": loaded.step,
            "corruption": corruption.name,
            "level": level_of(corruption),
            "noise_seed": seed,
            "mse": float(mse.mean()),
            "psnr": float(decibels(mse).mean()) if data.kind == "image" else None,
        }
        arrays = {
            "mse": mse.numpy(),
            "outputs": torch.cat(outputs).numpy(),
            "pixels": (pixels / len(mse)).numpy(),
        }
        return Findings(scope, {"classes": _classes(mse, data)}, arrays)


def _classes(mse: Tensor, data: ImageData) -> list[Row]:
    """A row for each class of which there are images, the hardest first."""
    labels = data.part_labels("test", len(mse)).numpy()
    values, psnr = mse.numpy(), decibels(mse).numpy()
    kinds = np.unique(labels)
    hardness = [-values[labels == kind].mean() for kind in kinds]
    rows: list[Row] = []
    for kind in kinds[np.argsort(hardness, kind="stable")]:
        own = values[labels == kind]
        mean, low, high = mean_interval(own)
        rows.append(
            {
                "class": data.classes[kind],
                "images": len(own),
                "mse": mean,
                "mse_low": low,
                "mse_high": high,
                "median mse": float(np.median(own)),
                "worst mse": float(own.max()),
                "psnr": float(psnr[labels == kind].mean()) if data.kind == "image" else None,
            }
        )
    return rows
