"""Every long-lived object of the app, each bounded: data sets, models, measurements."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from functools import lru_cache
from threading import Event, Lock, Thread
from typing import Any, Protocol, TypeVar

import torch
from torch import Tensor

from aecore.config import Settings
from aecore.datasets import ImageData, SplitConfig, datasets, open_data
from aecore.datasets.gone import is_gone
from aecore.errors import AecoreError, InputError
from aecore.jobs.demo import ensure_demo
from aecore.jobs.presence import ensure_supervisor
from aecore.paths import home
from aecore.runs import Cost, Run, RunSpec
from aecore.runs.checkpoints import listed
from aecore.runs.checks import check_total, estimate
from aecore.runs.inference import LoadedModel, load_model
from aecore.training.estimate import seconds_per_step
from ui.access import catalog
from ui.promptly import answer_promptly
from ui.thumbnails import newest, thumbnail

LOG = logging.getLogger("autoencoder-lab")
TIMED = 512


class Clearable(Protocol):
    """What `lru_cache` makes."""

    def cache_clear(self) -> None: ...


C = TypeVar("C", bound=Clearable)
_HOLDING: list[Clearable] = []
_OPENED: set[str] = set()
"""Names of data sets that were opened since `forget_data`."""
WATCH_SECONDS = 2.0


@asynccontextmanager
async def lifespan(_: Any) -> AsyncIterator[None]:
    """With the server, which listens already: see to it that a supervisor works at all times."""
    answer_promptly()
    torch.set_num_threads(1)  # pages decode a few images; the cores belong to the workers
    over = Event()
    Thread(target=_keep_supervisor, args=(over,), daemon=True).start()
    yield
    over.set()


def _keep_supervisor(over: Event) -> None:
    while not over.is_set():
        try:
            ensure_supervisor(home())
        except (AecoreError, OSError) as error:
            LOG.error("%s", error)
        over.wait(WATCH_SECONDS)


def first_visit() -> None:
    """Start the demonstration run when the first page of an empty home is opened."""
    # Two people may open the first page together; on a full disk the app goes on without it.
    with _VISITING, suppress(InputError):
        _visit()


_VISITING = Lock()


@lru_cache(maxsize=1)
def _visit() -> None:
    ensure_demo(catalog())


def data_ready(name: str, options: Settings) -> bool:
    """Whether a data set can be opened without a download."""
    return datasets[name](options).ready()


def of_samples(cached: C) -> C:
    """Marks a cache that holds samples or what a model makes of them: `forget_data` empties it."""
    _HOLDING.append(cached)
    return cached


def data(name: str, options: Settings, splits: SplitConfig) -> ImageData:
    """A data set in memory; never downloads. Raises DataUnavailable or InputError."""
    if name in _OPENED and is_gone(name):
        forget_data()  # it was deleted from the shell
    found = _data(name, options, splits)
    _OPENED.add(name)
    return found


@of_samples
@lru_cache(maxsize=3)
def _data(name: str, options: Settings, splits: SplitConfig) -> ImageData:
    if not data_ready(name, options):
        title = datasets[name].title
        raise InputError(
            f"{title}: these images are not on this machine. They are downloaded when a run "
            "trains on them."
        )
    return open_data(name, options, splits)


def forget_data() -> None:
    """Let go of all samples in memory, and of what was made of them: a data set was deleted."""
    _OPENED.clear()
    for cached in _HOLDING:
        cached.cache_clear()


def run_data(run: Run) -> ImageData:
    """The data set that a run was trained on."""
    return data(run.spec.dataset, run.spec.source, run.spec.splits)


def sample(spec: RunSpec, count: int) -> tuple[torch.Tensor, Callable[[Tensor], Tensor]]:
    """A few samples for the form, and what makes pictures of them.

    Raises DataUnavailable or InputError.

    Whatever the splits: to read a large data set anew for eight images is not worth it.
    """
    found = data(spec.dataset, spec.source, SplitConfig())
    return found.part("train", count), found.pictures


def run_model(run: Run) -> LoadedModel:
    """A run's newest saved model. Raises InputError where none is saved yet."""
    found = listed(run.checkpoints)
    return _model(run, found[-1].name if found else "")


@lru_cache(maxsize=8)
def _model(run: Run, checkpoint: str) -> LoadedModel:  # noqa: ARG001  the name is half the key
    return load_model(run)


def run_thumbnail(run: Run) -> bytes:
    """A few of a run's newest reconstructions as a PNG; nothing while there are none."""
    snapshot = newest(run)
    return _thumbnail(run, snapshot) if snapshot else b""


_thumbnail = of_samples(lru_cache(maxsize=1024)(thumbnail))  # some kB each


@lru_cache(maxsize=256)
def cost(spec: RunSpec) -> Cost:
    """What a spec amounts to. Raises InputError where it cannot work."""
    found = estimate(spec)
    check_total(found)  # what does not fit just now waits in the queue
    return found


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
    taken = seconds_per_step(
        spec.kind, spec.model, network, spec.make_corruption(), training, source.layout
    )
    return None if taken is None else taken * batch / timed
