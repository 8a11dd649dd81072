"""Compression: how small images become as codes, and how good they are then, beside JPEG.

Every figure is of real files, one an image, that were read again: `bytes_net` without what is the
same in all files of a kind (see `aecore.compression`), `bytes_file` with it. What a reader must
have beforehand, the decoder above all, is in none of them: the table `decoder` weighs it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from itertools import groupby
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from aecore.compression import (
    FRAME,
    Codec,
    Compressor,
    Trial,
    codecs_of,
    decoder_bytes,
    from_arrays,
)
from aecore.compression.ways import (
    BITS,
    WIDEST,
    Way,
    learnt_ways,
    pca_ways,
    picture_ways,
)
from aecore.config import Settings, knob
from aecore.datasets import ImageData, open_data
from aecore.errors import InputError
from aecore.metrics.intervals import mean_interval
from aecore.metrics.pca import PcaBaseline, fit_pca
from aecore.metrics.reconstruction import HIGHEST_PSNR, psnr_per_image
from aecore.metrics.ssim import has_ssim, ssim_per_image
from aecore.reports.base import Findings, Follow, Report, Row, reports
from aecore.runs.inference import LoadedModel, codes_of
from aecore.runs.store import Run
from aecore.samples import NOUNS, to_float

SHOWN = 8
"""Images that are kept as each way leaves them."""
CHUNK = 250


@reports.register("compress")
class Compress(Report):
    """Bytes an image against its quality, and what the decoder itself weighs."""

    title = "Compression"
    idea = (
        "Writes the codes of test images into real files and compares their size and quality "
        "with PCA, JPEG and WebP."
    )

    class Config(Settings):
        """Settings of this report."""

        count: int = knob(
            500,
            "How many test images are compressed, each into a file of its own.",
            low=10,
            high=5000,
            log=True,
            label="Test images",
        )
        fit_on: int = knob(
            10_000,
            "How many training images the rounding, the frequencies and PCA are made from.",
            low=100,
            high=100_000,
            log=True,
            label="Fitted on",
        )

    config: Config

    def make(self, run: Run, loaded: LoadedModel, follow: Follow) -> Findings:
        if not loaded.model.has_code:
            raise InputError(
                f"{loaded.model.title} has no code that an image could be drawn from, since the "
                "picture also goes around it; choose a run with a code."
            )
        follow(0.0, "reading the images")
        data = open_data(run.spec.dataset, run.spec.source, run.spec.splits)
        if data.kind != "image":
            raise InputError(
                f"Only images are compressed here, and these are {NOUNS[data.kind][1]}; look at "
                "a run of images."
            )
        train = data.part("train", self.config.fit_on)
        images = data.part("test", self.config.count)
        follow(0.01, "fitting PCA")
        model = loaded.model
        pca = fit_pca(train, max(WIDEST, model.code_size))
        follow(0.05, "encoding the images")
        codecs = codecs_of(model, codes_of(model, train).numpy(), BITS)
        ways = [
            *learnt_ways(codecs, codes_of(model, images).numpy(), model.decode, images),
            *pca_ways(pca, model.code_size, train, images),
            *picture_ways(images),
        ]
        rows, shown = _tried(ways, images, follow)
        told: dict[str, NDArray[Any]] = {"originals": images[:SHOWN].numpy(), **shown}
        for codec in codecs:
            told |= {f"codec{codec.bits}_{name}": a for name, a in codec.arrays().items()}
        tables = {"rates": rows, "decoder": _paid(rows, codecs, decoder_bytes(model))}
        scope = _scope(data, loaded, len(images), len(train), pca)
        return Findings(scope, tables, told)


def compressor(run: Run, loaded: LoadedModel, found: Findings, bits: int) -> Compressor:
    """The very codec that a report measured: writes and reads files of its images.

    bits: of a number, 0 for codes that are entries of a book.

    Raises InputError where the report has none of so many bits.
    """
    name = f"codec{bits}_"
    arrays = {k.removeprefix(name): a for k, a in found.arrays.items() if k.startswith(name)}
    if not arrays:
        raise InputError(
            f"This file has {bits} bits a number, which were not measured here; make it again."
        )
    encode = partial(codes_of, loaded.model)
    shape = run.spec.make_source().shape
    return Compressor(encode, loaded.model.decode, from_arrays(arrays), shape, loaded.fingerprint)


def _tried(
    ways: list[Way], images: Tensor, follow: Follow
) -> tuple[list[Row], dict[str, NDArray[Any]]]:
    """A row for each way, and the first images as the ways of each method leave them."""
    rows: list[Row] = []
    shown = []
    for index, way in enumerate(ways):
        share = 0.1 + 0.9 * index / len(ways)
        again = partial(follow, share, f"{way.method}, {way.setting}")
        again()
        trial = way.tried()
        rows.append(_row(way, trial, images, again))
        shown.append((way.method, trial.made[:SHOWN].numpy()))
    kept = groupby(shown, lambda pair: pair[0])
    return rows, {f"made_{name}": np.stack([made for _, made in of]) for name, of in kept}


def _row(way: Way, trial: Trial, images: Tensor, again: Callable[[], None]) -> Row:
    net = float(trial.net.mean())
    psnr, ssim = [], []
    for made, x in zip(trial.made.split(CHUNK), images.split(CHUNK), strict=True):
        again()
        psnr.append(psnr_per_image(to_float(made), to_float(x)))
        if has_ssim(x):
            ssim.append(ssim_per_image(to_float(made), to_float(x)))
    exact = bool((trial.made == images).all())
    return {
        "method": way.method,
        "setting": way.setting,
        "bytes_net": net,
        "bytes_file": float(trial.whole.mean()),
        "bits_per_pixel": 8 * net / (images.shape[2] * images.shape[3]),
        **_limits("psnr", [] if exact else psnr),  # of a copy it is infinite
        **_limits("ssim", ssim),
    }


def _limits(name: str, parts: list[Tensor]) -> dict[str, float | None]:
    """The mean over images and its interval of 95 %; nothing where it was not measured."""
    found = mean_interval(torch.cat(parts).numpy()) if parts else (None, None, None)
    return dict(zip((name, f"{name}_low", f"{name}_high"), found, strict=True))


def _paid(rows: list[Row], codecs: list[Codec], weight: int) -> list[Row]:
    """What a reader must have beforehand, and after how many images that is won back.

    Each setting of the model stands beside the JPEG whose PSNR is nearest.
    """
    ours = [row for row in rows if row["method"] == "model"]
    jpegs = [row for row in rows if row["method"] == "jpeg" and row["psnr"] is not None]
    found: list[Row] = []
    for row, codec in zip(ours, codecs, strict=True):
        beside = min(
            jpegs, key=lambda other: abs(_of(other, "psnr") - _of(row, "psnr")), default=None
        )
        told: dict[str, str | int | float | None] = {
            "setting": row["setting"], "psnr": row["psnr"],
            "decoder_bytes": weight, "codec_bytes": codec.size,
        }  # fmt: skip
        if beside is not None:
            told |= {"jpeg": beside["setting"], "jpeg_psnr": beside["psnr"]}
            for name in ("net", "file"):
                saved = _of(beside, f"bytes_{name}") - _of(row, f"bytes_{name}")
                told[f"saved_{name}"] = saved
                told[f"paid_after_{name}"] = (weight + codec.size) / saved if saved > 0 else None
        found.append(told)
    return found


def _of(row: Mapping[str, Any], name: str) -> float:
    return HIGHEST_PSNR if row[name] is None else float(row[name])


def _scope(
    data: ImageData, loaded: LoadedModel, n: int, fitted_on: int, pca: PcaBaseline
) -> dict[str, Any]:
    return {
        "split": "test", "n": n, "fitted_on": fitted_on, "seed": 0, "step": loaded.step,
        "shape": list(data.shape), "code_size": loaded.model.code_size,
        "pca_wide": min(len(pca.axes), WIDEST), "frame": FRAME,
    }  # fmt: skip
