"""Drawing a map: fitted on training images, then the images that nobody trained on are placed."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from aecore.maps.samples import Samples
from aecore.maps.spec import CODE, MapSpec
from aecore.projections import Map, Projection
from aecore.projections.neighbours import Memory, Neighbours, Search
from aecore.projections.pca import PCA

FIRST = 1000
"""Training images that the first picture is made of, so that it is there at once."""
NEAR = 5
"""Training images between which an image is shown while the map is not yet ready."""
FITTING = 0.85
"""Share of the progress that belongs to fitting; the rest to placing the held-out images."""


class Follow(Protocol):
    """Hears how far a map is."""

    def __call__(self, share: float, places: Map | None, landmarks: int = 0, /) -> None:
        """The share that is done, and where the held-out images stand by now, (m, 2).

        Args:
            landmarks: how many of the training images this picture rests on, where only these
                few have a place yet; 0 where all have.
        """


def unfollowed(share: float, places: Map | None, landmarks: int = 0) -> None:
    """Nobody looks."""


@dataclass(frozen=True)
class Drawn:
    """A finished map.

    train: (n, 2) float32, places of the images that it was fitted on; held_out: (m, 2);
    together: the held-out images were there when it was fitted, since this method cannot place
    new ones; seconds: of the drawing; measures: as `measures.judge` gives them, once measured.
    """

    train: Map
    held_out: Map
    together: bool
    seconds: float
    measures: Mapping[str, float] = field(default_factory=dict)


def draw(
    samples: Samples, spec: MapSpec, follow: Follow = unfollowed, memory: Memory | None = None
) -> Drawn:
    """Draw a map of samples.

    Args:
        follow: called a few times a second; what it raises ends the drawing.
        memory: neighbours that were found for other maps; it changes nothing but the time.

    Raises InputError where the samples do not fit the method.
    """
    begun = time.perf_counter()
    if spec.method == CODE:
        train, held_out, together = samples.train, samples.held_out, False
    else:
        projection = spec.projection()
        together = not projection.places_new
        work = _all_at_once if together else _one_after_the_other
        train, held_out = work(projection, samples, follow, memory or Memory())
    follow(1.0, held_out)
    return Drawn(train, held_out, together, time.perf_counter() - begun)


def _one_after_the_other(
    projection: Projection, samples: Samples, follow: Follow, memory: Memory
) -> tuple[Map, Map]:
    near: Neighbours | None = None
    near_landmarks: Neighbours | None = None

    def fitting(share: float, places: Map | None) -> None:
        nonlocal near, near_landmarks
        if share == 0:
            return _at_first(projection, samples, places, follow)
        if places is None or share == 1:  # what follows shows more
            return follow(FITTING * share, None)
        known = np.isfinite(places[:, 0])
        if not known.all():
            if near_landmarks is None:
                near_landmarks = Search(samples.train[known]).of(samples.held_out, NEAR)
            between = places[known][near_landmarks.places].mean(1)
            return follow(FITTING * share, between, int(known.sum()))
        if near is None:
            count = max(NEAR, projection.neighbours_of_new)
            near = memory.between(samples.held_out, samples.train, count)
        return follow(FITTING * share, places[near.first(NEAR).places].mean(1))

    projection.fit(samples.train, samples.classes, find=memory.others, watch=fitting)

    def placing(share: float, places: Map | None) -> None:
        follow(FITTING + (1 - FITTING) * share, places)

    known = None if near is None else near.first(projection.neighbours_of_new)
    return projection.embedding_, projection.transform(samples.held_out, placing, known)


def _all_at_once(
    projection: Projection, samples: Samples, follow: Follow, memory: Memory
) -> tuple[Map, Map]:
    """Classes of held-out samples are told to nobody."""
    count = len(samples.train)

    def fitting(share: float, places: Map | None) -> None:
        if share == 0:
            return _at_first(projection, samples, places, follow)
        return follow(share, None if places is None else places[count:])

    unknown = np.full(len(samples.held_out), -1, np.int64)
    classes = np.concatenate([samples.classes, unknown])
    both = np.concatenate([samples.train, samples.held_out])
    projection.fit(both, classes, find=memory.others, watch=fitting)
    return projection.embedding_[:count], projection.embedding_[count:]


def _at_first(projection: Projection, samples: Samples, places: Map | None, follow: Follow) -> None:
    """The first picture, by PCA; what the projection itself starts from would come later."""
    if places is None and projection.neighbours_needed:
        follow(0.0, PCA().fit(samples.train[:FIRST]).transform(samples.held_out))
