"""What is taken from umap-learn: its fuzzy graph, and its layout as it can be watched.

It and the compiler behind it take seconds to import, and its functions up to a minute to compile
at their first use: nothing here imports it before it is needed.
"""

from __future__ import annotations

import re
import warnings
from functools import cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from aecore.projections.base import Map, Watch
from aecore.projections.neighbours import Neighbours
from aecore.projections.quick_layout import SECONDS, STRANGERS


@cache
def umap_learn() -> Any:
    """The module; it says on import that TensorFlow is missing, which nothing here needs."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import umap.umap_
    return umap.umap_


def with_itself(neighbours: Neighbours) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
    """Places and distances as umap-learn has them: each sample is its own nearest."""
    own = np.arange(len(neighbours.places))[:, None]
    places = np.hstack([own, neighbours.places]).astype(np.int32)
    distances = np.hstack([np.zeros(own.shape, np.float32), neighbours.distances])
    return places, np.ascontiguousarray(distances, np.float32)


def fuzzy_graph(neighbours: Neighbours) -> Any:
    """The symmetric graph of weights in (0, 1], a scipy.sparse matrix (n, n).

    McInnes, Healy and Melville 2018, section 3.1, with each sample's k − 1 nearest others and
    itself as its k neighbours.
    """
    places, distances = with_itself(neighbours)
    graph, _, _ = umap_learn().fuzzy_simplicial_set(
        np.empty((len(places), 1), np.float32),  # asked for its length only
        places.shape[1],
        np.random.RandomState(0),  # looked at only where neighbours are still to be found
        "euclidean",
        knn_indices=places,
        knn_dists=distances,
    )
    return graph


def fuzzy_bridge(neighbours: Neighbours, among: int) -> Any:
    """Weights between new samples and their nearest among `among` others, a sparse (m, among)."""
    from scipy.sparse import csr_matrix

    umap = umap_learn()
    places = neighbours.places.astype(np.int32)
    distances = np.ascontiguousarray(neighbours.distances, np.float32)
    sigmas, rhos = umap.smooth_knn_dist(distances, float(places.shape[1]), local_connectivity=0.0)
    rows, columns, weights, _ = umap.compute_membership_strengths(
        places, distances, sigmas, rhos, bipartite=True
    )
    bridge = csr_matrix((weights, (rows, columns)), shape=(len(places), among))
    bridge.eliminate_zeros()
    return bridge


class Layout(NamedTuple):
    """How places are found: epochs through the edges, the curve's a and b, what fixes the draws."""

    epochs: int
    curve: tuple[float, float]
    seed: int
    step: float = 1.0

    def run(self, places: Map, graph: Any, watch: Watch, fixed: Map | None = None) -> Map:
        """Move places (n, 2) until they fit their graph (n, n), or (n, m) where others are fixed.

        McInnes, Healy and Melville 2018, section 3.2, by umap-learn's own compiled loop.
        """
        edges = graph.tocoo()
        edges.data[edges.data < edges.data.max() / self.epochs] = 0  # never drawn
        edges.eliminate_zeros()
        umap = umap_learn()
        state = np.random.RandomState(self.seed).randint(-(2**31) + 1, 2**31 - 1, 3)
        moving = np.array(places, np.float32, order="C")
        umap.optimize_layout_euclidean(
            moving,
            moving if fixed is None else fixed,
            edges.row,
            edges.col,
            self.epochs,
            graph.shape[1],
            umap.make_epochs_per_sample(edges.data, self.epochs),
            *self.curve,
            state.astype(np.int64),
            1.0,
            self.step,
            STRANGERS,
            tqdm_kwds=heard(self.epochs, lambda share: watch(share, moving)),
            move_other=fixed is None,
        )
        return moving


def heard(epochs: int, tell: Any) -> dict[str, Any]:
    """What makes umap-learn's progress bar tell shares of all epochs instead of drawing itself."""

    class Ear:
        def write(self, text: str) -> None:
            for found in re.findall(r"\d+", text):
                tell(int(found) / epochs)

        def flush(self) -> None:
            pass

    return {"disable": False, "file": Ear(), "bar_format": "{n}", "mininterval": SECONDS}
