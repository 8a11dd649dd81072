"""Images to places on a UMAP map and back: what is left of them in two numbers.

By umap-learn's `transform` and `inverse_transform` (McInnes, Healy and Melville 2018; the way back
goes over the triangles of the map). With one thread, 2,000 training images and 100 test images
took 10 s (digits, 64 numbers) to 40 s (MNIST, 784) once its functions are compiled, which takes
another 15 s; a map of four dimensions takes ten times that, and so there is none.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from aecore.errors import InputError
from aecore.projections.base import Rows
from aecore.projections.umap_learn import heard, umap_learn

DIMENSIONS = 2
FIT_ON = 2_000
"""Training images that the map is made of, the first of the split."""
MOST_IMAGES = 100
MOST_NUMBERS = 1_024
"""The most numbers of an image: the time grows with their square."""
NEIGHBOURS = 15
CHUNK = 20
"""Images that are brought back at a time."""


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
        tick: called some times a second but while functions are compiled; what it raises ends it.

    Returns (m, d) float32. Raises InputError where d is too large or umap-learn gives up.
    """
    check_numbers(train.shape[1])
    model = umap_learn().UMAP(
        n_components=DIMENSIONS,
        n_neighbors=min(NEIGHBOURS, len(train) - 1),
        random_state=seed,
        transform_seed=seed,
        n_jobs=1,
        tqdm_kwds=heard(1, lambda share: tick()),  # noqa: ARG005  it says how far on its own
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of a graph that falls into parts
        tick()
        model.fit(train)
        places = model.transform(x)
        back = []
        for start in range(0, len(places), CHUNK):
            tick()
            back.append(_back(model, places[start : start + CHUNK]))
    return np.concatenate(back)


def _back(model: Any, places: Rows) -> Rows:
    try:
        return np.asarray(model.inverse_transform(places), np.float32)
    except (ZeroDivisionError, ValueError) as error:
        raise InputError(
            f"The inverse of UMAP cannot be computed for these images ({error}); leave it out."
        ) from error
