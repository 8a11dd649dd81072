"""Compare: what several runs, and PCA with codes as long, make of the same test images."""

from __future__ import annotations

from functools import partial

import torch
from torch import Tensor

from aecore.config import knob
from aecore.datasets import ImageData, open_data
from aecore.metrics.reconstruction import decibels, explained_variance, mse_per_image
from aecore.metrics.ssim import has_ssim, ssim_per_image
from aecore.projections.umap_inverse import MOST_IMAGES, check_numbers
from aecore.reports.base import Findings, Follow, Report, Row, reports
from aecore.reports.copies import (
    Copier,
    CountConfig,
    Tick,
    baselines,
    of_run,
    of_umap,
    umap_scope,
)
from aecore.reports.damaged import with_interval
from aecore.reports.robustness import check_same_images
from aecore.runs.inference import CHUNK, LoadedModel
from aecore.runs.store import Run
from aecore.samples import to_float

SHOWN = 100
"""Test images of which every method's copies are kept."""


@reports.register("compare")
class Compare(Report):
    """Error of each run and of PCA with as many numbers, over the same test images."""

    version = 2

    title = "Comparison"
    idea = "How close several runs, and PCA with codes as long, come to the same test images."

    class Config(CountConfig):
        umap: bool = knob(
            False,
            "Also what comes back from a 2-D UMAP map; takes up to a minute, and measures all on "
            f"the first {MOST_IMAGES} test images.",
            label="UMAP inverse",
        )

    config: Config

    def make(self, run: Run, loaded: LoadedModel, follow: Follow) -> Findings:
        """Table: methods, a row each. Arrays: `clean` and each row's key, (m, C, H, W) uint8.

        Of what is no image the arrays are pictures, and rows have `explained_variance`, no PSNR.
        For `behind` see `_with_gaps`.
        """
        check_same_images(run, [other for other, _ in self.beside])
        data = open_data(run.spec.dataset, run.spec.source, run.spec.splits)
        most = MOST_IMAGES if self.config.umap else self.config.count
        images = data.part("test", min(self.config.count, most))
        follow(0.0, "PCA")
        copiers = [of_run(one, its) for one, its in [(run, loaded), *self.beside]]
        if self.config.umap:
            check_numbers(images[0].numel())
            copiers.append(of_umap(data))
        copiers += list(baselines(data, [copier.numbers for copier in copiers]))
        rows: list[Row] = []
        errors: list[Tensor] = []
        arrays = {"clean": data.pictures(images[:SHOWN]).numpy()}
        for place, copier in enumerate(copiers):
            share = 0.1 + 0.9 * place / len(copiers)
            tick = partial(follow, share, copier.method)
            row, mse, shown = _measured(copier, images, tick, data)
            rows.append(row)
            errors.append(mse)
            arrays[copier.key] = data.pictures(shown).numpy()
        scope = {"split": "test", "n": len(images)}
        if self.config.umap:
            scope |= umap_scope(data)
        return Findings(scope, {"methods": _with_gaps(rows, errors)}, arrays)


def _with_gaps(rows: list[Row], errors: list[Tensor]) -> list[Row]:
    """The rows with `behind`: how much worse each is than the best with as many numbers.

    In dB where there is a PSNR, else as MSE: the mean over images, with its interval, of the
    difference on the same image. What is hard for one method is hard for another, so that two
    figures whose intervals overlap may well differ for sure. None for the best and without a code.

    errors: of each row the squared errors (n,).
    """
    scores = [
        -mse if row["psnr"] is None else decibels(mse)
        for row, mse in zip(rows, errors, strict=True)
    ]
    told: list[Row] = []
    for row, score in zip(rows, scores, strict=True):
        rivals = [s for r, s in zip(rows, scores, strict=True) if r["numbers"] == row["numbers"]]
        best = max(rivals, key=lambda each: float(each.mean()))
        gap = None if row["numbers"] is None or best is score else best - score
        told.append({**row, **with_interval("behind", gap)})
    return told


def _measured(
    copier: Copier, images: Tensor, tick: Tick, data: ImageData
) -> tuple[Row, Tensor, Tensor]:
    """The figures of one method, its squared errors (n,), and its first copies."""
    errors: list[Tensor] = []
    likeness: list[Tensor] = []
    shown: list[Tensor] = []
    pixels = data.kind == "image"
    for part in images.split(CHUNK):
        clean, made = to_float(part), copier.copy(part, tick)
        errors.append(mse_per_image(made, clean))
        if pixels and has_ssim(clean):
            likeness.append(ssim_per_image(made, clean))
        if CHUNK * len(shown) < SHOWN:
            shown.append(made)
    mse = torch.cat(errors)
    row: Row = {
        "key": copier.key,
        "method": copier.method,
        "numbers": copier.numbers,
        **with_interval("mse", mse),
        **with_interval("psnr", decibels(mse) if pixels else None),
        **with_interval("ssim", torch.cat(likeness) if likeness else None),
        **({} if pixels else explained_variance(mse, images, data.mean)),
    }
    return row, mse, torch.cat(shown)[:SHOWN]
