"""Compression of MNIST: quantised codes of an autoencoder and of PCA beside JPEG and WebP.

The figures beside ours are those that this project noted when it was planned: 8-bit codes without
an entropy coder, an autoencoder of 10 epochs, files of Pillow. Bytes are of real files here: codes
without the file's header, JPEG and WebP whole.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from torch import Tensor

from aecore.compression import coded, decoder_bytes, fit_codec, pca_decoder, pictured
from aecore.compression.pictures import Format
from aecore.compression.trials import Trial
from aecore.datasets import ImageData, open_data
from aecore.metrics.pca import fit_pca
from aecore.metrics.reconstruction import decibels, mse_per_image
from aecore.runs import RunSpec
from aecore.samples import to_float
from benchmarks.papers.fit import fit_on, timed
from benchmarks.papers.rows import Row

NAME = "Compression (MNIST, 28×28)"
SOURCE = "our own figures of the planning"
MEASURE = "PSNR of the mean error (dB)"
"""As it was planned; the app shows the mean of the images' own PSNR, which is higher."""
BITS = 8
FULL = {"dataset": "mnist", "variant": "autoencoder", "epochs": 10}
SHORT = {**FULL, "epochs": 20, "train_limit": 6000}
PLANNED = {("PCA", 8): 14.25, ("AE", 8): 16.17, ("PCA", 16): 15.69, ("AE", 16): 17.34}
FILES: tuple[tuple[Format, int, float, float], ...] = (
    ("JPEG", 5, 215, 20.5),
    ("JPEG", 50, 343, 29.2),
    ("WEBP", 50, 205, 36.4),
)


def run(*, short: bool = False) -> Iterator[Row]:
    """PSNR and bytes of each way over test images."""
    values: dict[str, Any] = SHORT if short else FULL
    spec = RunSpec.from_flat(values)
    data = open_data(spec.dataset, spec.source, spec.splits)
    images = data.part("test", 500 if short else 10_000)
    for size in (8, 16):
        yield from _linear(data, size, images)
        yield from _learnt(data, {**values, "latent_dim": size}, images)
    for form, quality, bytes_, planned in FILES:
        with timed() as clock:
            trial = pictured(images, form, quality)
        told = f"{len(images):,} test images, whole files", clock.minutes
        yield from _rows(f"{form} quality {quality}", trial, images, planned, bytes_, told)


def _linear(data: ImageData, size: int, images: Tensor) -> Iterator[Row]:
    train = data.part("train")
    with timed() as clock:
        pca = fit_pca(train, size)
        codec = fit_codec(pca.encode(train).numpy(), BITS)
        trial = coded(codec, pca.encode(images).numpy(), pca_decoder(pca, data.shape), data.shape)
    told = f"{_settings(size, images)}; {len(train):,} images", clock.minutes
    yield from _rows(f"PCA, {size} numbers", trial, images, PLANNED["PCA", size], None, told)


def _learnt(data: ImageData, values: dict[str, Any], images: Tensor) -> Iterator[Row]:
    size = int(values["latent_dim"])
    fitted = fit_on(data, values)
    codec = fit_codec(fitted.codes(data.part("train")).numpy(), BITS)
    trial = coded(codec, fitted.codes(images).numpy(), fitted.model.decode, data.shape)
    weight = decoder_bytes(fitted.model)
    settings = f"{_settings(size, images)}; decoder {weight:,} bytes; {fitted.settings}"
    told = settings, fitted.minutes
    yield from _rows(f"AE, {size} numbers", trial, images, PLANNED["AE", size], None, told)


def _settings(size: int, images: Tensor) -> str:
    return f"{BITS} bits a number, {size} numbers, {len(images):,} test images, without header"


def _rows(
    method: str,
    trial: Trial,
    images: Tensor,
    planned: float,
    bytes_: float | None,
    told: tuple[str, float],
) -> Iterator[Row]:
    psnr = float(decibels(mse_per_image(to_float(trial.made), to_float(images)).mean()))
    size = float((trial.net if bytes_ is None else trial.whole).mean())
    yield Row(NAME, method, MEASURE, "higher", psnr, planned, SOURCE, *told)
    yield Row(NAME, method, "bytes an image", "lower", size, bytes_, SOURCE, *told)
