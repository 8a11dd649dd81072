"""Images to places on a UMAP map and back: what is left of them in two numbers.

By umap-learn's `transform` and `inverse_transform` (McInnes, Healy and Melville 2018; the way back
goes over the triangles of the map). Of 100 test images it took 46 s for MNIST (784 numbers, 2,000
training images) and 19 s for photo patches (768, 1,248) on one thread of a busy machine, and the
first time in a process up to 40 s more to compile its functions. In four dimensions the way back
took fourteen times as long as in two, so there are two.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from concurrent.futures import Future, wait
from threading import Event, Lock, Thread
from typing import Any

import numpy as np

from aecore.errors import InputError
from aecore.projections.base import Rows
from aecore.projections.umap_learn import umap_learn

DIMENSIONS = 2
FIT_ON = 2_000
"""Training images that the map is made of, the first of the split."""
MOST_IMAGES = 100
MOST_NUMBERS = 1_024
"""The most numbers of an image: the time grows with their square."""
NEIGHBOURS = 15
CHUNK = 20
"""Images that are brought back at a time."""
EVERY = 0.5
"""Seconds between two looks at whether somebody still waits."""
_ALONE = Lock()
"""numba's threads end the process where two call them at the same time."""


def check_numbers(numbers: int) -> None:
    """Raises InputError for images that are too large for the way back."""
    if numbers > MOST_NUMBERS:
        raise InputError(
            f"The inverse of UMAP takes too long for images of {numbers:,} numbers; it is measured "
            f"for images of at most {MOST_NUMBERS:,}."
        )


def there_and_back(train: Rows, x: Rows, seed: int, tick: Callable[[], None]) -> Rows:
    """What comes back of samples that a map was not made of.

    Args:
        train: (n, d), what the map is made of; n of at least 4.
        x: (m, d).
        seed: fixes whatever is drawn.
        tick: called twice a second; what it raises ends the work.

    Returns (m, d) float32. Raises InputError where d is too large or umap-learn gives up.
    """
    check_numbers(train.shape[1])
    left = Event()
    made: Future[Rows] = Future()
    work = Thread(target=_settle, args=(made, train, x, seed, left), daemon=True)
    work.start()
    try:
        while not made.done():
            tick()
            wait([made], EVERY)
    except BaseException:
        left.set()
        raise
    return made.result()


class _Left(Exception):
    """Nobody waits for it any more."""


def _settle(made: Future[Rows], train: Rows, x: Rows, seed: int, left: Event) -> None:
    """Work in a thread of its own: functions are compiled for longer than one may be silent."""
    try:
        with _ALONE:
            made.set_result(_computed(train, x, seed, left))
    except BaseException as error:  # whoever waits is told, whatever it is
        made.set_exception(error)


def _computed(train: Rows, x: Rows, seed: int, left: Event) -> Rows:
    """Looks between two steps at whether anybody still waits: tqdm's lock bears no exception."""
    _stay(left)
    model = umap_learn().UMAP(
        n_components=DIMENSIONS,
        n_neighbors=min(NEIGHBOURS, len(train) - 1),
        random_state=seed,
        transform_seed=seed,
        n_jobs=1,
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of a graph that falls into parts
        model.fit(train)
        _stay(left)
        places = model.transform(x)
        back = []
        for start in range(0, len(places), CHUNK):
            _stay(left)
            back.append(_back(model, places[start : start + CHUNK]))
    return np.concatenate(back)


def _stay(left: Event) -> None:
    if left.is_set():
        raise _Left


def _back(model: Any, places: Rows) -> Rows:
    try:
        return np.asarray(model.inverse_transform(places), np.float32)
    except (ZeroDivisionError, ValueError) as error:
        raise InputError(
            f"The inverse of UMAP cannot be computed for these images ({error}); leave it out."
        ) from error
