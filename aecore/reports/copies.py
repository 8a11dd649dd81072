"""What reports that compare copies share: runs and PCA as ways to copy the same images."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import torch
from torch import Tensor

from aecore.config import Settings, knob
from aecore.datasets import ImageData
from aecore.metrics.pca import PcaBaseline, fit_pca
from aecore.runs.inference import LoadedModel
from aecore.runs.store import Run
from aecore.training.batches import to_float


class CountConfig(Settings):
    """On how many test images."""

    count: int = knob(
        500, "Test images that are compared, from the first on.", low=20, high=100_000,
        log=True, label="Test images",
    )  # fmt: skip


class Copier(NamedTuple):
    """A way to copy images, and how many numbers stand between; none where that is no code."""

    key: str
    method: str
    numbers: int | None
    model: LoadedModel | PcaBaseline


def copier_of(run: Run, loaded: LoadedModel) -> Copier:
    model = loaded.model
    return Copier(run.id, run.id, model.code_size if model.has_code else None, loaded)


def baselines(data: ImageData, sizes: list[int | None]) -> Iterator[Copier]:
    """PCA with as many axes as each code has numbers, each once; at most as many as there are."""
    wanted = sorted({size for size in sizes if size})
    if not wanted:
        return
    whole = fit_pca(data.part("train"), wanted[-1])
    for size in sorted({min(size, len(whole.axes)) for size in wanted}):
        yield Copier(f"pca-{size}", f"PCA-{size}", size, PcaBaseline(whole.mean, whole.axes[:size]))


def copies(copier: Copier, images: Tensor) -> Tensor:
    """What a method makes of images (n, C, H, W) uint8: the same shape in float32, in [0, 1]."""
    if isinstance(copier.model, PcaBaseline):
        return copier.model.reconstruct(images).clamp(0, 1)
    with torch.inference_mode():
        made = copier.model.model(to_float(images)).clamp(0, 1)
    return made.clone()  # no tensor of inference mode may be used outside of it
