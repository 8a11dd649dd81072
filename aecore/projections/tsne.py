"""t-SNE: a map that keeps small neighbourhoods better than any other here, and little else.

van der Maaten and Hinton 2008; new samples as in Poličar, Stražar and Zupan 2021; by openTSNE. It
starts from PCA, so that the large picture is not left to chance (Kobak and Berens 2019).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from aecore.config import Settings, knob
from aecore.projections.base import Map, Projection, Rows, Watch, projections, unwatched
from aecore.projections.neighbours import Find, Neighbours, Search
from aecore.projections.pca import PCA

EVERY = 10
"""Iterations between two looks at a map that is being laid out."""
NEW_ITERATIONS = 250
"""For placing new samples; openTSNE's own number."""


class _Index:
    """Neighbours as openTSNE asks for them."""

    def __init__(self, x: Rows, neighbours: Neighbours) -> None:
        self.k, self.n_samples = neighbours.places.shape[1], len(x)
        self._x, self._neighbours = x, neighbours

    def build(self) -> Neighbours:
        return self._neighbours

    def query(self, x: Rows, k: int) -> Neighbours:
        return Search(self._x).of(np.ascontiguousarray(x, np.float32), k)


@projections.register("tsne")
class TSNE(Projection):
    """New samples are drawn to their nearest in the map, which stays as it is."""

    title = "t-SNE"
    idea = (
        "Keeps each sample's closest neighbours beside it. Distances between groups, their sizes "
        "and their densities mean nothing here."
    )
    paper = "van der Maaten and Hinton, Visualizing Data using t-SNE"
    year = 2008
    fewest = 8

    class Config(Settings):
        perplexity: float = knob(
            30.0,
            "About how many neighbours each sample minds; larger values show larger groups.",
            low=2,
            high=200,
            log=True,
        )
        iterations: Literal["quick", "default"] = knob(
            "quick",
            "quick takes 350 rounds; default is openTSNE's 750, slower, for a map that has settled "
            "better.",
            label="Quality",
        )

    config: Config

    @property
    def neighbours_needed(self) -> int:
        return int(3 * self.config.perplexity)

    def _fit(
        self,
        x: Rows,
        y: NDArray[np.int64] | None,  # noqa: ARG002
        find: Find,
        watch: Watch,
    ) -> None:
        from openTSNE import TSNEEmbedding, initialization
        from openTSNE.affinity import PerplexityBasedNN

        start = PCA().fit(x).embedding_
        watch(0.0, start)
        count = min(self.neighbours_needed, len(x) - 1)
        near = find(x, count)
        affinities = PerplexityBasedNN(
            knn_index=_Index(x, near), perplexity=min(self.config.perplexity, count / 3)
        )
        places = initialization.rescale(start + _apart(start, self.seed))
        made = TSNEEmbedding(places, affinities, random_state=self.seed)
        first, then = (100, 250) if self.config.iterations == "quick" else (250, 500)
        whole = first + then
        for exaggeration, momentum, done, rounds in ((12, 0.5, 0, first), (1, 0.8, first, then)):
            made.optimize(
                rounds,
                exaggeration=exaggeration,
                momentum=momentum,
                inplace=True,
                **_heard(watch, done, whole),
            )
        made -= (made.max(0) + made.min(0)) / 2  # new samples are pushed apart around 0
        self._made = made
        self.embedding_ = np.array(made, np.float32)

    def transform(
        self,
        x: Rows,
        watch: Watch = unwatched,
        neighbours: Neighbours | None = None,  # noqa: ARG002
    ) -> Map:
        """Places (m, 2) of samples x (m, d)."""
        # As openTSNE's own `transform`, which cannot be watched.
        placed = self._made.prepare_partial(np.ascontiguousarray(x, np.float32), perplexity=5)
        placed.optimize(
            NEW_ITERATIONS,
            learning_rate=0.1,
            exaggeration=1.5,
            momentum=0.8,
            max_grad_norm=0.25,
            inplace=True,
            **_heard(watch, 0, NEW_ITERATIONS),
        )
        return np.array(placed, np.float32)


def _apart(start: Map, seed: int) -> Map:
    """So little noise that only samples at the same place notice."""
    size = 1e-4 * max(float(start.std()), 1e-12)
    return np.random.RandomState(seed).normal(scale=size, size=start.shape).astype(np.float32)


def _heard(watch: Watch, done: int, whole: int) -> dict[str, Any]:
    """openTSNE's callback, which tells the share of all iterations and the map."""

    def tell(iteration: int, _: float, places: Any) -> None:
        watch((done + iteration) / whole, np.asarray(places, np.float32))

    callback: Callable[..., None] = tell
    return {"callbacks": callback, "callbacks_every_iters": EVERY}
