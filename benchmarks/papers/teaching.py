"""The experiments of the teaching repository 05rs/Autoencoders, which the app offers ready-made.

Each figure is of our validation split, which is another one than theirs. Their denoisers were
trained without noise first, and that figure is the comparable one: on digits their denoising run
aimed at noisy images, so that its figure stands for nothing here. Their VAE's loss is that of
training in the last epoch, with the KL averaged over two numbers, and so is ours; beside it stand
that of validation and the bound that neither is.
Most of a cross-entropy is that of grey pixels with themselves: a perfect copy of our validation
digits has 0.0585 nats a number, one of the sample of photographs 0.541. The sample, 5,000 images
of CIFAR-10, stands beside the whole under a name of its own: no figure of it was published.
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
VAES: dict[str, dict[str, int]] = {"VAE, 2-D": {}, "VAE, 2-D, as many steps": {"epochs": 47}}
"""Changes by method: the second takes 19,787 steps, as theirs of all 70,000 images took 19,692."""
DIGITS, PHOTOGRAPHS, VAE = EXPERIMENTS
FULL = {"precision": "bfloat16"}
"""As on a graphics card; it halves the hours where a processor has it. Measured is in float32."""
QUICK = {"epochs": 4, "batch_size": 32, "patience": 0}
IMAGES = {"train": 480, "validation": 200, "test": 50}
"""How many images of each split short settings take."""
SAMPLE = "cifar10_sample.zip"
SLACK = 0.001
"""Nats a number by which two splits of the same images may differ."""


class Case(NamedTuple):
    """A denoiser's run: with which changes, what was published for it, and if of the sample."""

    experiment: Experiment
    method: str
    changes: dict[str, Any]
    published: float | None
    sample: bool = False


class Trained(NamedTuple):
    """A model and the terms of its validation loss."""

    fitted: Fitted
    terms: dict[str, float]


CASES = (
    Case(DIGITS, "digits, without noise", {"level": 0.0}, DIGITS.published),
    Case(DIGITS, "digits, noise 0.22, clean targets", {}, None),
    Case(PHOTOGRAPHS, "photographs, without noise", {"level": 0.0}, 0.5519),
    Case(PHOTOGRAPHS, "photographs, noise 0.22", {}, PHOTOGRAPHS.published),
    Case(PHOTOGRAPHS, "5,000 photographs, without noise", {"level": 0.0}, None, sample=True),
    Case(PHOTOGRAPHS, "5,000 photographs, noise 0.22", {}, None, sample=True),
)
QUICK_CASES = (CASES[1], CASES[5])


def run(*, short: bool = False, known: Known = frozenset()) -> Iterator[Row]:
    """The VAE over as many epochs and as many steps, both denoisers without noise and with it.

    Short: the first, and denoisers with noise. What is known is left out.
    """
    for method in list(VAES)[:1] if short else VAES:
        if (NAME, method) not in known:
            yield from _vae(method, short=short)
    for case in QUICK_CASES if short else CASES:
        if (NAME, case.method) not in known:
            yield _denoiser(case, short=short)


def _denoiser(case: Case, *, short: bool) -> Row:
    told = _trained(case.experiment, case.changes, short=short, sample=case.sample)
    source = f"{REPOSITORY}, {case.experiment.notebook}"
    line = partial(Row, NAME, case.method, "BCE, nats a number", "lower")
    if isinstance(told, str):
        return line(None, case.published, source, told, 0.0)
    ours = sum(told.terms.values()) / told.fitted.data.images[0].numel()
    return line(ours, case.published, source, told.fitted.settings, told.fitted.minutes, SLACK)


def _vae(method: str, *, short: bool) -> Iterator[Row]:
    told = _trained(VAE, VAES[method], short=short)
    source = f"{REPOSITORY}, {VAE.notebook}"
    line = partial(Row, NAME, method)
    theirs = "BCE + mean KL in training, nats an image"
    if isinstance(told, str):
        yield line(theirs, "lower", None, VAE.published, source, told, 0.0)
        return
    terms, known = told.terms, (source, told.fitted.settings, told.fitted.minutes)
    bound = terms["reconstruction"] + terms["kl"] / float(VAE.settings["beta"])
    training = sum(told.fitted.training.values())
    yield line(theirs, "lower", training, VAE.published, *known, slack=1.0)
    yield line("BCE + mean KL, nats an image", "lower", sum(terms.values()), None, *known)
    yield line("−ELBO, nats an image", "lower", bound, None, *known)


def _trained(
    experiment: Experiment, changes: dict[str, Any], *, short: bool, sample: bool = False
) -> Trained | str:
    """The trained model; or why there is none."""
    values = {**experiment.settings, **changes, **(QUICK if short else FULL)}
    spec = RunSpec.from_flat(values)
    data = _sample() if sample else _whole(spec)
    if isinstance(data, str):
        return f"not run: {data}"
    if short:
        few = {name: rows[: IMAGES[name]] for name, rows in data.splits.items()}
        data = replace(data, splits=few)
    fitted = fit_on(data, values)
    if sample:
        fitted.settings += f" of {SAMPLE}, 5,000 images in all"
    exact = spec.training.model_copy(update={"precision": "float32"})
    validation = Validation(data, spec.make_corruption(), exact, torch.device("cpu"))
    return Trained(fitted, validation.terms(fitted.model))


def _whole(spec: RunSpec) -> ImageData | str:
    """The images of a spec, or what is missing; nothing is downloaded."""
    if not spec.make_source().ready():
        return f"no data of {spec.dataset} in AECORE_DATA"
    return open_data(spec.dataset, spec.source, spec.splits)


def _sample() -> ImageData | str:
    """A zip of class folders with CIFAR-10 images as one data set, or what is missing."""
    path = Path(os.environ.get("AECORE_TEST_DATASETS", "")) / SAMPLE
    if not path.is_file():
        return f"no data of {SAMPLE} in AECORE_TEST_DATASETS"
    kind = datasets["cifar10"]
    with ZipFile(path) as archive:
        names = sorted(name for name in archive.namelist() if name.endswith(".png"))
        images = [pil_to_tensor(Image.open(BytesIO(archive.read(name)))) for name in names]
    labels = torch.zeros(len(images), dtype=torch.int64)  # no figure here asks for a class
    pool = Pool(torch.stack(images), labels)
    splits = split(pool, RunSpec.from_flat({"dataset": "cifar10"}).splits, ("image",))
    return ImageData(kind.name, kind.title, kind.licence, pool.images, labels, ("image",), splits)
