"""Train a model as a run would, without its folder, and say how long that took."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

from aecore.datasets import ImageData, open_data
from aecore.models import Autoencoder, new_model
from aecore.runs import RunSpec
from aecore.training import Failed, Logged, TrainingSession

CHUNK = 1000


@dataclass
class Clock:
    """Minutes that a block took."""

    minutes: float = 0.0


@contextmanager
def timed() -> Iterator[Clock]:
    """Measure a block; read the clock after it."""
    clock, before = Clock(), time.perf_counter()
    yield clock
    clock.minutes = (time.perf_counter() - before) / 60


@dataclass
class Fitted:
    """A trained model on the CPU, in eval mode."""

    model: Autoencoder
    data: ImageData
    minutes: float
    settings: str = field(default="")
    training: dict[str, float] = field(default_factory=dict)
    """The terms of the training loss, each the mean over the steps of the last epoch."""

    def codes(self, images: Tensor) -> Tensor:
        """Codes (n, code_size) of images (n, C, H, W) uint8."""
        with torch.inference_mode():
            return torch.cat([self.model.encode(part / 255) for part in images.split(CHUNK)])

    def squared_errors(self, images: Tensor) -> Tensor:
        """Squared error of each image, summed over its pixels: (n,)."""
        found = []
        with torch.inference_mode():
            for part in images.split(CHUNK):
                x = part / 255
                found.append((self.model(x) - x).square().flatten(1).sum(1))
        return torch.cat(found)


def fit(values: dict[str, Any]) -> Fitted:
    """Train what these flat settings ask for.

    Raises RuntimeError where the loss stopped being a number.
    """
    spec = RunSpec.from_flat(values)
    data = open_data(spec.dataset, spec.source, spec.splits)
    return fit_on(data, values)


def fit_on(data: ImageData, values: dict[str, Any]) -> Fitted:
    """The same on these very images, which may be a part of a data set."""
    spec = RunSpec.from_flat(values)
    seed = spec.training.seed
    with timed() as clock:
        network = spec.make_network(data.shape)
        model = new_model(spec.variant, spec.model, network, data.mean, seed, data.layout)
        session = TrainingSession(model, data, spec.make_corruption(), spec.training)
        logged = []
        for event in session.events():
            if isinstance(event, Failed):
                raise RuntimeError(event.message)
            if isinstance(event, Logged) and event.split == "train":
                logged.append(event)
    settings = ", ".join(f"{name}={value}" for name, value in spec.to_flat().items())
    settings += f"; {data.size('train'):,} images"
    return Fitted(model.cpu().eval(), data, clock.minutes, settings, last_epoch(logged))


def last_epoch(logged: list[Logged]) -> dict[str, float]:
    """Means over the steps of the last epoch; a log holds those of the steps since the one before.

    An epoch always ends with a log.
    """
    last = logged[-1]
    totals = dict.fromkeys(last.terms, 0.0)
    before = 0
    steps = 0
    for event in logged:
        if event.epoch == last.epoch:
            steps += event.step - before
            for name in totals:
                totals[name] += (event.step - before) * event.terms[name]
        before = event.step
    return {name: total / steps for name, total in totals.items()}
