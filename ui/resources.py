"""Every long-lived object of the app, each bounded: engine, data sets, models, measurements."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import lru_cache
from threading import Lock
from typing import Any

import torch

from aecore.config import Settings
from aecore.datasets import ImageData, SplitConfig, datasets, open_data
from aecore.errors import InputError
from aecore.jobs.demo import ensure_demo
from aecore.jobs.local import LocalEngine
from aecore.runs import Cost, Run, RunSpec, RunStore, check
from aecore.runs.checkpoints import listed
from aecore.runs.inference import LoadedModel, load_model
from aecore.training.estimate import seconds_per_step
from ui.recent import recent

TIMED = 512


@lru_cache(maxsize=1)
def engine() -> LocalEngine:
    """The one launcher of this server."""
    return LocalEngine()


@asynccontextmanager
async def lifespan(_: Any) -> AsyncIterator[None]:
    """With the server: have a worker ready from the start, and let it go at the end."""
    torch.set_num_threads(1)  # pages decode a few images; the cores belong to the workers
    engine().warm_up()
    yield
    engine().close()


def first_visit() -> None:
    """Start the demonstration run when the first page of an empty home is opened."""
    with _VISITING:  # two people may open the first page together
        _visit()


_VISITING = Lock()


@lru_cache(maxsize=1)
def _visit() -> None:
    ensure_demo(RunStore(), engine())


def live_runs(where: str, limit: int) -> int:
    """How many of the newest runs train just now; counted anew every two seconds at most."""
    return _live_runs(where, limit, int(time.monotonic() / 2))


@lru_cache(maxsize=4)
def _live_runs(where: str, limit: int, tick: int) -> int:  # noqa: ARG001  one count a home and tick
    return sum(status.live for _, status in recent(limit))


def data_ready(name: str, options: Settings) -> bool:
    """Whether a data set can be opened without a download."""
    return datasets[name](options).ready()


@lru_cache(maxsize=3)
def data(name: str, options: Settings, splits: SplitConfig) -> ImageData:
    """A data set in memory; never downloads. Raises DataUnavailable or InputError."""
    if not data_ready(name, options):
        title = datasets[name].title
        raise InputError(
            f"{title}: these images are not on this machine. They are downloaded when a run "
            "trains on them."
        )
    return open_data(name, options, splits)


def run_data(run: Run) -> ImageData:
    """The data set that a run was trained on."""
    return data(run.spec.dataset, run.spec.source, run.spec.splits)


def sample(spec: RunSpec, count: int) -> torch.Tensor:
    """A few images as the form shows them. Raises DataUnavailable or InputError.

    Whatever the splits: to read a large data set anew for eight images is not worth it.
    """
    return data(spec.dataset, spec.source, SplitConfig()).part("train", count)


def run_model(run: Run) -> LoadedModel:
    """A run's newest saved model. Raises InputError where none is saved yet."""
    found = listed(run.checkpoints)
    return _model(run, found[-1].name if found else "")


@lru_cache(maxsize=8)
def _model(run: Run, checkpoint: str) -> LoadedModel:  # noqa: ARG001  the name is half the key
    return load_model(run)


@lru_cache(maxsize=256)
def cost(spec: RunSpec) -> Cost:
    """What a spec amounts to. Raises InputError where it cannot work."""
    return check(spec)


@lru_cache(maxsize=256)
def step_seconds(spec: RunSpec) -> float | None:
    """Seconds a step takes, measured on this machine just now; None where that needs the run.

    Measured on at most 512 images: a page must not take the memory of a batch of 65,536.
    """
    source = spec.make_source()
    batch = min(spec.training.batch_size, cost(spec).train_images)
    timed = min(batch, TIMED)
    training = spec.training.model_copy(update={"batch_size": timed})
    network = spec.make_network(source.shape)
    taken = seconds_per_step(spec.kind, spec.model, network, spec.make_corruption(), training)
    return None if taken is None else taken * batch / timed
