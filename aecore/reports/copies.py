"""What reports that compare copies share: runs and PCA as ways to copy the same images."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

import torch
from torch import Tensor

from aecore.config import Settings, knob
from aecore.datasets import ImageData
from aecore.metrics.pca import PcaBaseline, fit_pca, flat
from aecore.projections.umap_inverse import DIMENSIONS, FIT_ON, there_and_back
from aecore.runs.inference import LoadedModel
from aecore.runs.store import Run
from aecore.samples import to_float

UMAP_SEED = 0


class CountConfig(Settings):
    """On how many test images."""

    count: int = knob(
        500, "Test images that are compared, from the first on.", low=20, high=100_000,
        log=True, label="Test images",
    )  # fmt: skip


Tick = Callable[[], None]
"""To be called about once a second; what it raises ends the work."""


class Copier(NamedTuple):
    """A way to copy images, and how many numbers stand between; none where that is no code.

    copy: makes of images (n, C, H, W) uint8 copies of the same shape, float32 in [0, 1]; of what is
    no image as well, without a range.
    """

    key: str
    method: str
    numbers: int | None
    copy: Callable[[Tensor, Tick], Tensor]


def within(made: Tensor, images: Tensor) -> Tensor:
    """Copies cut to the range of pixels; those of what is no image, which has none, as they are."""
    return made.clamp(0, 1) if images.dtype == torch.uint8 else made


def of_run(run: Run, loaded: LoadedModel) -> Copier:
    """A run as a way to copy."""
    model = loaded.model

    def copy(images: Tensor, tick: Tick) -> Tensor:
        tick()
        with torch.inference_mode():
            made = within(model(to_float(images)), images)
        return made.clone()  # no tensor of inference mode may be used outside of it

    return Copier(run.id, run.id, model.code_size if model.has_code else None, copy)


def of_pca(pca: PcaBaseline, size: int) -> Copier:
    """The first axes of a fitted PCA, as many as there are up to `size`."""
    first = PcaBaseline(pca.mean, pca.axes[:size])

    def copy(images: Tensor, tick: Tick) -> Tensor:
        tick()
        return within(first.reconstruct(images), images)

    return Copier(f"pca-{size}", f"PCA-{size}", size, copy)


def of_umap(data: ImageData) -> Copier:
    """The inverse of a UMAP map of the first training images."""

    def copy(images: Tensor, tick: Tick) -> Tensor:
        train = flat(data.part("train", FIT_ON)).numpy()
        made = there_and_back(train, flat(images).numpy(), UMAP_SEED, tick)
        return within(torch.from_numpy(made).view(images.shape), images)

    return Copier("umap", "UMAP inverse", DIMENSIONS, copy)


def umap_scope(data: ImageData) -> dict[str, int]:
    """On what the map of `of_umap` rests."""
    return {"umap_fitted_on": min(FIT_ON, data.size("train")), "umap_seed": UMAP_SEED}


def baselines(data: ImageData, sizes: list[int | None]) -> Iterator[Copier]:
    """PCA with as many axes as each code has numbers, each once; at most as many as there are."""
    wanted = sorted({size for size in sizes if size})
    if not wanted:
        return
    whole = fit_pca(data.part("train"), wanted[-1])
    for size in sorted({min(size, len(whole.axes)) for size in wanted}):
        yield of_pca(whole, size)
