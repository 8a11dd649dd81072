"""The experiments of the teaching repository 05rs/Autoencoders, which the app offers ready-made.

Each figure is of our validation split, which is another one than theirs. Their denoisers were
trained without noise first, and that figure is the comparable one: on digits their denoising run
aimed at noisy images, so that its figure stands for nothing here. Their VAE's loss is that of
training, with the KL averaged over two numbers; beside it stands the bound that it is not.
Most of a cross-entropy is that of grey pixels with themselves: a perfect copy of our validation
digits has 0.0585 nats a number, one of the sample of photographs 0.541.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import Any, NamedTuple
from zipfile import ZipFile

import torch
from PIL import Image
from torchvision.transforms.functional import pil_to_tensor

from aecore.datasets import ImageData, datasets, open_data
from aecore.datasets.splits import Pool, split
from aecore.runs import RunSpec
from aecore.runs.experiments import EXPERIMENTS, REPOSITORY, Experiment
from aecore.training.validation import Validation
from benchmarks.papers.fit import Fitted, fit_on
from benchmarks.papers.rows import Known, Row

NAME = "Teaching repository 05rs/Autoencoders"
VAE_METHOD = "VAE, 2-D"
DIGITS, PHOTOGRAPHS, VAE = EXPERIMENTS
QUICK = {"epochs": 4, "batch_size": 32, "patience": 0}
IMAGES = {"train": 480, "validation": 200, "test": 50}
"""How many images of each split short settings take."""
SAMPLE = "cifar10_sample.zip"
SLACK = 0.001
"""Nats a number by which two splits of the same images may differ."""


class Case(NamedTuple):
    """A denoiser's run: with which changes, and what was published for it."""

    experiment: Experiment
    method: str
    changes: dict[str, Any]
    published: float | None


class Trained(NamedTuple):
    """A model, the terms of its validation loss, and whether others had the same images."""

    fitted: Fitted
    terms: dict[str, float]
    comparable: bool


CASES = (
    Case(DIGITS, "digits, without noise", {"level": 0.0}, DIGITS.published),
    Case(DIGITS, "digits, noise 0.22, clean targets", {}, None),
    Case(PHOTOGRAPHS, "photographs, without noise", {"level": 0.0}, 0.5519),
    Case(PHOTOGRAPHS, "photographs, noise 0.22", {}, PHOTOGRAPHS.published),
)


def run(*, short: bool = False, known: Known = frozenset()) -> Iterator[Row]:
    """The VAE, and both denoisers without noise and with it (short: only with it).

    What is known is left out.
    """
    if (NAME, VAE_METHOD) not in known:
        yield from _vae(short=short)
    for case in CASES[1::2] if short else CASES:
        if (NAME, case.method) not in known:
            yield _denoiser(case, short=short)


def _denoiser(case: Case, *, short: bool) -> Row:
    told = _trained(case.experiment, case.changes, short=short)
    source = f"{REPOSITORY}, {case.experiment.notebook}"
    line = partial(Row, NAME, case.method, "BCE, nats a number", "lower")
    if isinstance(told, str):
        return line(None, case.published, source, told, 0.0)
    ours = sum(told.terms.values()) / told.fitted.data.images[0].numel()
    published = case.published if told.comparable else None
    return line(ours, published, source, told.fitted.settings, told.fitted.minutes, SLACK)


def _vae(*, short: bool) -> Iterator[Row]:
    told = _trained(VAE, {}, short=short)
    source = f"{REPOSITORY}, {VAE.notebook}"
    line = partial(Row, NAME, VAE_METHOD)
    theirs = "BCE + mean KL, nats an image"
    if isinstance(told, str):
        yield line(theirs, "lower", None, VAE.published, source, told, 0.0)
        return
    terms, known = told.terms, (source, told.fitted.settings, told.fitted.minutes)
    bound = terms["reconstruction"] + terms["kl"] / float(VAE.settings["beta"])
    yield line(theirs, "lower", sum(terms.values()), VAE.published, *known, slack=1.0)
    yield line("−ELBO, nats an image", "lower", bound, None, *known)


def _trained(experiment: Experiment, changes: dict[str, Any], *, short: bool) -> Trained | str:
    """The trained model; or why there is none."""
    values = {**experiment.settings, **changes, **(QUICK if short else {})}
    spec = RunSpec.from_flat(values)
    found = _data(spec, short=short)
    if found is None:
        return f"not run: no data of {spec.dataset} in AECORE_DATA"
    data, note = found
    fitted = fit_on(data, values)
    fitted.settings += note
    validation = Validation(data, spec.make_corruption(), spec.training, torch.device("cpu"))
    return Trained(fitted, validation.terms(fitted.model), comparable=not note)


def _data(spec: RunSpec, *, short: bool) -> tuple[ImageData, str] | None:
    """The images of a spec, few for short settings, and what is to be said of them."""
    if spec.make_source().ready():
        data, note = open_data(spec.dataset, spec.source, spec.splits), ""
    else:
        sample = Path(os.environ.get("AECORE_TEST_DATASETS", "")) / SAMPLE
        if not short or spec.dataset != "cifar10" or not sample.is_file():
            return None
        data, note = _sample(sample), f" of {SAMPLE}, 5,000 images in all"
    if short:
        few = {name: rows[: IMAGES[name]] for name, rows in data.splits.items()}
        data = replace(data, splits=few)
    return data, note


def _sample(path: Path) -> ImageData:
    """A zip of class folders with CIFAR-10 images as one data set; nothing is downloaded."""
    kind = datasets["cifar10"]
    with ZipFile(path) as archive:
        names = sorted(name for name in archive.namelist() if name.endswith(".png"))
        images = [pil_to_tensor(Image.open(BytesIO(archive.read(name)))) for name in names]
    labels = torch.zeros(len(images), dtype=torch.int64)  # no figure here asks for a class
    pool = Pool(torch.stack(images), labels)
    splits = split(pool, RunSpec.from_flat({"dataset": "cifar10"}).splits, ("image",))
    return ImageData(kind.name, kind.title, kind.licence, pool.images, labels, ("image",), splits)
