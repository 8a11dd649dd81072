"""Hinton and Salakhutdinov 2006: 784-1000-500-250-30 on MNIST beside PCA with 30 components.

Published: squared error per image of 3.00 (autoencoder) and 13.87 (PCA), both as transcribed by
two independent readers of the figure; the caption speaks of the digits shown, and PCA's value is
that of the whole test set. Theirs was pretrained with restricted Boltzmann machines.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch

from aecore.metrics.pca import fit_pca
from benchmarks.papers.fit import fit, timed
from benchmarks.papers.rows import Row

NAME = "Hinton and Salakhutdinov 2006"
SOURCE = "Science 313:504, figure 2, from two transcriptions"
CODE = 30
FULL = {"epochs": 100, "width": 1000, "depth": 3, "batch_size": 128, "weight_decay": 0.0}
SHORT = {"epochs": 5, "width": 512, "depth": 2, "train_limit": 6000}
MEASURE = "squared error per image"


def run(*, short: bool = False) -> Iterator[Row]:
    """The autoencoder, and PCA beside it."""
    chosen: dict[str, Any] = SHORT if short else FULL
    values = {"dataset": "mnist", "variant": "autoencoder", "latent_dim": CODE, **chosen}
    fitted = fit(values)
    data = fitted.data
    ours = float(fitted.squared_errors(data.part("test")).mean())
    told = fitted.settings, fitted.minutes
    yield Row(NAME, "autoencoder, 30-D", MEASURE, "lower", ours, 3.0, SOURCE, *told, 0.1)
    with timed() as clock:
        pca = fit_pca(data.part("train"), CODE)
    chunks = pca.chunks(data.part("test"))
    errors = torch.cat([(made - x).square().flatten(1).sum(1) for x, made in chunks])
    settings = f"exact; {data.size('train'):,} images"
    told = settings, clock.minutes
    yield Row(NAME, "PCA-30", MEASURE, "lower", float(errors.mean()), 13.87, SOURCE, *told, 0.3)
