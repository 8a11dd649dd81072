"""UMAP: a map on which neighbours stay neighbours.

McInnes, Healy and Melville 2018. The default quality is umap-learn's: it starts from the graph's
spectrum and goes through the edges 500 times (200 times above 10,000 samples). The quick way is our
own graph and layout: it starts from PCA, of many samples with a few landmarks alone, and goes
through the edges 200 times.
"""

from __future__ import annotations

import warnings
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from aecore.config import Settings, knob
from aecore.errors import InputError
from aecore.projections import fuzzy_graph as ours
from aecore.projections import landmarks
from aecore.projections import umap_learn as theirs
from aecore.projections.base import Map, Projection, Rows, Watch, projections, unwatched
from aecore.projections.neighbours import Find, Neighbours, Search, nearest_others
from aecore.projections.pca import PCA
from aecore.projections.quick_layout import QuickLayout
from aecore.projections.umap_learn import Layout, heard, umap_learn, with_itself

SIZE = 10.0
"""Width of the map at its start."""
QUICK_EPOCHS = 200
MANY = 10_000
"""Samples above which umap-learn takes fewer epochs."""
DENSITY_EPOCHS = 200
"""More that umap-learn takes where densities are to be kept."""
QUICK_DENSITY_EPOCHS = 300


@projections.register("umap")
class UMAP(Projection):
    """New samples are drawn to their nearest in the map, which stays as it is."""

    title = "UMAP"
    idea = (
        "Lays samples out so that those which look alike lie together. Groups come apart clearly, "
        "but how far apart, and how large each is, says little."
    )
    paper = "McInnes et al., UMAP: Uniform Manifold Approximation and Projection"
    year = 2018
    fewest = 4

    class Config(Settings):
        neighbours: int = knob(
            15,
            "How many of the most similar samples each one is kept close to; more show the large "
            "picture, fewer the detail.",
            low=2,
            high=200,
            log=True,
        )
        min_dist: float = knob(
            0.1,
            "How close together neighbours may lie; smaller values give tighter groups.",
            low=0.0,
            high=0.99,
            label="Smallest distance",
        )
        quality: Literal["quick", "default"] = knob(
            "quick",
            "quick starts from PCA and takes 200 rounds; default is umap-learn's own way, several "
            "times slower and a little more faithful.",
        )
        supervised: bool = knob(
            False,
            "Draw samples of the same class together: a map of what is known, not of what the "
            "samples show by themselves.",
        )
        densities: bool = knob(
            False,
            "Keep dense groups dense and loose groups loose (densMAP); slower, and new samples "
            "cannot be placed.",
            label="Keep densities",
        )

    config: Config

    @property
    def neighbours_needed(self) -> int:
        return self.config.neighbours - 1

    @property
    def neighbours_of_new(self) -> int:
        return self.config.neighbours

    @property
    def places_new(self) -> bool:
        return not self.config.densities

    def _fit(
        self,
        x: Rows,
        y: NDArray[np.int64] | None,
        find: Find,
        watch: Watch,
    ) -> None:
        start = PCA().fit(x).embedding_
        watch(0.0, start)
        self.x_ = x
        if self._quick and not self.config.densities and len(x) > landmarks.ABOVE:
            self.embedding_ = self._by_landmarks(x, y, start, find, watch)
            return
        near = find(x, min(self.neighbours_needed, len(x) - 1))
        if self.config.densities:
            self.embedding_ = self._with_densities(x, self._classes(y), near, start, watch)
            return
        make = ours.fuzzy_graph if self._quick else theirs.fuzzy_graph
        graph = self._told(make(near), self._classes(y))
        if not self._quick:
            start = self._spectrum(x, graph)
        self.embedding_ = self._layout(self._epochs(len(x))).run(self._spread(start), graph, watch)

    def _by_landmarks(
        self, x: Rows, y: NDArray[np.int64] | None, start: Map, find: Find, watch: Watch
    ) -> Map:
        """Landmarks first, from PCA; then all, from where the landmarks stand."""
        count, classes = self.neighbours_needed, self._classes(y)
        rows = landmarks.chosen(len(x), self.seed)

        def first(share: float, places: Map | None) -> None:
            assert places is not None  # a quick layout always has them
            watch(landmarks.SHARE * share, landmarks.among_all(places, rows, len(x)))

        def then(share: float, places: Map | None) -> None:
            watch(landmarks.SHARE + (1 - landmarks.SHARE) * share, places)

        graph = ours.fuzzy_graph(nearest_others(x[rows], count))
        graph = self._told(graph, None if classes is None else classes[rows])
        few = self._layout(landmarks.EPOCHS).run(self._spread(start[rows]), graph, first)
        first(1.0, few)
        graph = self._told(ours.fuzzy_graph(find(x, count)), classes)
        begin = landmarks.spread_from(landmarks.among_all(few, rows, len(x)), graph, x)
        return self._layout(QUICK_EPOCHS).run(self._apart(begin), graph, then)

    def transform(
        self, x: Rows, watch: Watch = unwatched, neighbours: Neighbours | None = None
    ) -> Map:
        """Places (m, 2) of samples x (m, d). Raises InputError where densities are kept."""
        if not self.places_new:
            raise InputError(
                "UMAP cannot place new samples where it keeps densities; switch that off."
            )
        x = np.ascontiguousarray(x, np.float32)
        near = Search(self.x_).of(x, self.neighbours_of_new) if neighbours is None else neighbours
        if self._quick:
            bridge = ours.fuzzy_bridge(near, len(self.x_))
            start = ours.between(bridge, self.embedding_)
        else:
            bridge = theirs.fuzzy_bridge(near, len(self.x_))
            start = umap_learn().init_graph_transform(bridge, self.embedding_)
        layout = self._layout(max(1, self._epochs(len(x)) // 3), step=0.25)
        return layout.run(start, bridge, watch, self.embedding_.copy())

    @property
    def _quick(self) -> bool:
        return self.config.quality == "quick"

    def _epochs(self, count: int) -> int:
        if self._quick:
            return QUICK_EPOCHS
        return 500 if count <= MANY else 200

    def _layout(self, epochs: int, step: float = 1.0) -> QuickLayout | Layout:
        kind = QuickLayout if self._quick else Layout
        return kind(epochs, ours.curve(self.config.min_dist), self.seed, step)

    def _classes(self, y: NDArray[np.int64] | None) -> NDArray[np.int64] | None:
        """The classes, where they are to be minded; -1 is an unknown one."""
        if not self.config.supervised:
            return None
        if y is None:
            raise InputError("A supervised UMAP needs classes and was given none; switch it off.")
        return y

    def _told(self, graph: Any, y: NDArray[np.int64] | None) -> Any:
        """The graph, with edges between classes weakened where these are minded."""
        if y is None:
            return graph
        umap = umap_learn()
        return umap.reset_local_connectivity(
            umap.discrete_metric_simplicial_set_intersection(graph, y)
        )

    def _spectrum(self, x: Rows, graph: Any) -> Map:
        from umap.spectral import spectral_layout

        state = np.random.RandomState(self.seed)
        return np.asarray(spectral_layout(x, graph, 2, state), np.float32)

    def _spread(self, start: Map) -> Map:
        """From 0 to SIZE along each axis, and no two samples at the same place."""
        low, high = start.min(0), start.max(0)
        room = np.where(high > low, high - low, 1)
        return self._apart(SIZE * (start - low) / room)

    def _apart(self, places: Map) -> Map:
        """No two samples at the same place, from where no force would drive them."""
        noise = np.random.RandomState(self.seed).normal(scale=1e-4, size=places.shape)
        return (places + noise).astype(np.float32)

    def _with_densities(
        self,
        x: Rows,
        y: NDArray[np.int64] | None,
        near: Neighbours,
        start: Map,
        watch: Watch,
    ) -> Map:
        """densMAP (Narayan, Berger and Cho 2021), whole, by umap-learn."""
        more = DENSITY_EPOCHS + self._epochs(len(x))
        epochs = QUICK_DENSITY_EPOCHS if self._quick else more
        model = umap_learn().UMAP(
            n_neighbors=near.places.shape[1] + 1,
            min_dist=self.config.min_dist,
            n_epochs=epochs,
            init=self._spread(start) if self._quick else "spectral",
            densmap=True,
            precomputed_knn=with_itself(near),
            random_state=self.seed,
            n_jobs=1,
            tqdm_kwds=heard(epochs, lambda share: watch(share, None)),
        )
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that it will place no new samples, which we say
            return np.asarray(model.fit(x, y).embedding_, np.float32)
