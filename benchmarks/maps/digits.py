"""MNIST's 70,000 images and their codes, in one shuffled order."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from aecore.datasets import open_data
from aecore.maps.samples import pixels_of
from aecore.runs import RunSpec
from benchmarks.papers.fit import fit_on

MODEL = {
    "dataset": "mnist",
    "variant": "autoencoder",
    "latent_dim": 32,
    "width": 256,
    "depth": 2,
    "epochs": 2,
    "batch_size": 256,
}
"""Trained in seconds; its codes are as near to real ones as the time of a map needs."""


class Digits(NamedTuple):
    """codes: (70000, 32) float32; pixels: (70000, 784) float32 in [0, 1]; classes: (70000,)."""

    codes: NDArray[np.float32]
    pixels: NDArray[np.float32]
    classes: NDArray[np.int64]


def digits() -> Digits:
    """Train the model and encode all images. Raises DataUnavailable without MNIST."""
    spec = RunSpec.from_flat(MODEL)
    data = open_data(spec.dataset, spec.source, spec.splits)
    codes = fit_on(data, MODEL).codes(data.images).numpy()
    order = np.random.default_rng(0).permutation(len(codes))
    return Digits(codes[order], pixels_of(data.images)[order], data.labels.numpy()[order])
