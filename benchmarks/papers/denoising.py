"""Noise of deviation 0.5 on MNIST: a denoising autoencoder beside classical methods.

The figures beside ours were measured once by a script of its own, with PyTorch, SciPy and
scikit-learn but without this app: 8,000 training and 2,000 test images, noise and restorations not
cut to [0, 1], mean PSNR of the images. Strengths are chosen here as in the app, by images that are
cut, which takes the median of 3 × 3 pixels (5 × 5 had 13.29). The honest line is the Wiener
filter, the best linear method: the autoencoder is about 1 dB better.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch
from torch import Generator, Tensor

from aecore.corruptions import Corruption, corruptions
from aecore.datasets import ImageData, open_data
from aecore.metrics.reconstruction import psnr_per_image
from aecore.restoration import Damage, Sample, choose, restorers, suited
from aecore.runs import RunSpec
from aecore.samples import to_float
from benchmarks.papers.fit import fit_on, timed
from benchmarks.papers.rows import Row

NAME = "Denoising, σ = 0.5 (MNIST)"
SOURCE = "measured without the app, 8,000 and 2,000 images"
KNOWN = {
    "noisy input": 6.02,
    "gaussian_filter": 14.69,
    "median_filter": 12.43,
    "pca": 15.79,
    "wiener": 17.07,
    "denoising autoencoder": 17.96,
}
"""Mean PSNR in dB."""
SLACK = 0.25
FULL = {
    "dataset": "mnist", "variant": "denoising", "corruption": "gaussian", "level": 0.5,
    "clip": False, "width": 512, "depth": 1, "latent_dim": 256, "epochs": 12, "train_limit": 8000,
}  # fmt: skip
SHORT = {**FULL, "width": 64, "latent_dim": 32, "epochs": 3, "train_limit": 2000}
TESTED = {"full": 2000, "short": 300}
CHOSEN_ON = 500


def run(*, short: bool = False) -> Iterator[Row]:
    """The noisy images, each classical method, and the autoencoder."""
    values: dict[str, Any] = SHORT if short else FULL
    spec = RunSpec.from_flat(values)
    data = open_data(spec.dataset, spec.source, spec.splits)
    clean = to_float(data.part("test", TESTED["short" if short else "full"]))
    seen = _noisy(clean, 1)
    about = f"{data.size('train'):,} training and {len(clean):,} test images, nothing cut, 1 seed"
    yield _row("noisy input", seen, clean, about, 0.0)
    for name in suited("denoise"):
        with timed() as clock:
            made, chosen = _classical(name, data, seen)
        yield _row(name, made, clean, f"{chosen}; {about}", clock.minutes)
    fitted = fit_on(data, values)
    with torch.inference_mode():
        made = fitted.model(seen)
    yield _row("denoising autoencoder", made, clean, fitted.settings, fitted.minutes)


def _noisy(x: Tensor, seed: int) -> Tensor:
    return _noise()(x, Generator().manual_seed(seed))


def _noise() -> Corruption:
    kind = corruptions["gaussian"]
    return kind(kind.Config.parse({"level": FULL["level"], "clip": False}))


def _classical(name: str, data: ImageData, seen: Tensor) -> tuple[Tensor, str]:
    """What a method makes of noisy images, and the strength that validation images chose."""
    method = restorers[name]()
    method.fit(data.part("train"), Damage(_noise(), Generator().manual_seed(10)))
    held = to_float(data.part("validation", CHOSEN_ON))
    chosen = choose(method, Sample("denoise", held, _noisy(held, 2)))
    told = f"{method.strength} {chosen.strength:g}" if method.strength else "nothing to choose"
    return method.restore(seen, chosen.strength), told


def _row(method: str, made: Tensor, clean: Tensor, settings: str, minutes: float) -> Row:
    psnr = float(psnr_per_image(made, clean).mean())
    known = KNOWN.get(method)
    return Row(
        NAME, method, "mean PSNR (dB)", "higher", psnr, known, SOURCE, settings, minutes, SLACK
    )
