"""Hold one digit out: how well the reconstruction error finds the digit that training never saw.

For each digit an autoencoder, PCA, the distance to the nearest neighbour and a kernel density are
fitted on the other nine and score all test images. No table is reproduced: one-against-the-rest
tables are saturated, and this one says honestly that neighbours win on small clean data.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from torch import Tensor

from aecore.datasets import ImageData, open_data
from aecore.metrics.anomaly import detection
from aecore.metrics.pca import fit_pca, flat
from aecore.metrics.reconstruction import mse_per_image
from aecore.runs import RunSpec
from benchmarks.papers.fit import fit_on, timed
from benchmarks.papers.rows import Row

NAME = "Hold one digit out (digits, 8×8)"
CODE = 8
FULL = {"dataset": "digits", "variant": "autoencoder", "latent_dim": CODE, "epochs": 60}
SHORT = {**FULL, "epochs": 15}
BANDWIDTH = 0.4
Scorer = Callable[[ImageData], Tensor]


def run(*, short: bool = False) -> Iterator[Row]:
    """Mean area under the ROC curve over the ten digits, for each method."""
    values: dict[str, Any] = SHORT if short else FULL
    spec = RunSpec.from_flat(values)
    data = open_data(spec.dataset, spec.source, spec.splits)
    held = (3, 8) if short else range(10)
    methods: dict[str, Scorer] = {
        "AE": lambda part: _reconstruction(part, values),
        "PCA": _pca,
        "1-NN distance": _neighbour,
        "KDE": _density,
    }
    for method, score in methods.items():
        with timed() as clock:
            areas = [_area(data, digit, score) for digit in held]
        settings = f"code of {CODE}, digits {', '.join(map(str, held))} held out, 1 seed"
        yield Row(
            NAME, method, "mean ROC-AUC", "higher", statistics.mean(areas), None,
            "our own comparison", settings, clock.minutes,
        )  # fmt: skip


def _area(data: ImageData, digit: int, score: Scorer) -> float:
    rest = {part: rows[data.labels[rows] != digit] for part, rows in data.splits.items()}
    seen = replace(data, splits={**rest, "test": data.splits["test"]})
    return detection(score(seen), data.part_labels("test") == digit).roc_auc


def _reconstruction(data: ImageData, values: dict[str, Any]) -> Tensor:
    fitted = fit_on(data, values)
    return fitted.squared_errors(data.part("test"))


def _pca(data: ImageData) -> Tensor:
    chunks = fit_pca(data.part("train"), CODE).chunks(data.part("test"))
    return torch.cat([mse_per_image(made, x) for x, made in chunks])


def _neighbour(data: ImageData) -> Tensor:
    from sklearn.neighbors import NearestNeighbors

    model = NearestNeighbors(n_neighbors=1).fit(flat(data.part("train")).numpy())
    return torch.from_numpy(model.kneighbors(flat(data.part("test")).numpy())[0][:, 0])


def _density(data: ImageData) -> Tensor:
    from sklearn.neighbors import KernelDensity

    model = KernelDensity(bandwidth=BANDWIDTH).fit(flat(data.part("train")).numpy())
    return -torch.from_numpy(np.asarray(model.score_samples(flat(data.part("test")).numpy())))
