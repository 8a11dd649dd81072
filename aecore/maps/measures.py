"""How far maps can be trusted: the same measures of each, on the same held-out images."""

from __future__ import annotations

from dataclasses import dataclass, replace
from statistics import mean, stdev
from typing import Any

import numpy as np
from numpy.typing import NDArray

from aecore.datasets import open_data
from aecore.maps.draw import Drawn, Follow, draw, unfollowed
from aecore.maps.samples import MOST_HELD_OUT, chosen, pixels_of, samples_of
from aecore.maps.spec import MapSpec
from aecore.metrics.embedding import neighbourhoods
from aecore.metrics.probes import linear_accuracy, neighbour_accuracy
from aecore.projections import Rows
from aecore.runs.inference import LoadedModel
from aecore.runs.store import Run

MOST = 2000
"""Held-out images that are compared with each other; the time grows with their square."""
K = 5
MOST_SEEDS = 20


@dataclass(frozen=True)
class Ground:
    """What maps are judged against.

    pixels: (m, d) of the held-out images; classes: (m,) theirs, and in words; known: (n,) classes
    of the images that a map was fitted on.
    """

    pixels: Rows
    classes: NDArray[np.int64]
    names: tuple[str, ...]
    known: NDArray[np.int64]

    @property
    def count(self) -> int:
        """How many held-out images are compared."""
        return min(len(self.pixels), MOST)


def ground_of(run: Run, spec: MapSpec) -> Ground:
    """What maps of a run are judged against, if they are fitted on as many images as this one.

    Raises DataUnavailable where the data set is gone.
    """
    data = open_data(run.spec.dataset, run.spec.source, run.spec.splits)
    classes = data.part_labels("test", MOST_HELD_OUT).numpy()
    return Ground(
        pixels_of(data.part("test", MOST_HELD_OUT)),
        classes,
        tuple(data.classes[kind] for kind in classes),
        data.labels[chosen(data, spec.config)].numpy(),
    )


def judge(ground: Ground, train: Rows, held_out: Rows) -> dict[str, float]:
    """Measures of one map, or of any numbers, by name; what makes no sense here is left out.

    Args:
        train: (n, e) places of the images that it was fitted on; held_out: (m, e).
    """
    count = ground.count
    found: dict[str, float] = {}
    if count > 2 * K:
        near = neighbourhoods(ground.pixels[:count], held_out[:count], K)
        found |= {
            "trustworthiness": near.trustworthiness,
            "continuity": near.continuity,
            "neighbourhood_area": near.area,
        }
    if len(np.unique(ground.known)) > 1:
        told = train, ground.known, held_out[:count], ground.classes[:count]
        found["knn_accuracy"] = neighbour_accuracy(*told, K)
        found["linear_accuracy"] = linear_accuracy(*told)
    return found


def judged(ground: Ground, drawn: Drawn) -> Drawn:
    """A map with its measures."""
    return replace(drawn, measures=judge(ground, drawn.train, drawn.held_out))


def draw_and_judge(
    run: Run, loaded: LoadedModel, spec: MapSpec, follow: Follow = unfollowed
) -> Drawn:
    """A map of a run with its measures; arguments and errors as of `samples_of` and `draw`."""
    return judged(ground_of(run, spec), draw(samples_of(run, loaded, spec), spec, follow))


def over_seeds(each: list[dict[str, float]]) -> dict[str, dict[str, Any]]:
    """Mean and standard deviation of each measure; of one seed, no deviation."""
    return {
        name: {
            "mean": mean(found[name] for found in each),
            "deviation": stdev(found[name] for found in each) if len(each) > 1 else None,
        }
        for name in each[0]
    }
