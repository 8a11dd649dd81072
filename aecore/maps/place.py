"""Where images stand on a map that was drawn without them.

PCA and a code of two numbers say so exactly. Of the other maps the fitted projection is not kept:
there an image stands between the training images that it is nearest to, which is what UMAP and
t-SNE begin with as well.
"""

from __future__ import annotations

from functools import cached_property

import numpy as np
from torch import Tensor

from aecore.errors import InputError
from aecore.maps.draw import NEAR, Drawn
from aecore.maps.spec import CODE, MapSpec
from aecore.projections import Map, Rows, projections
from aecore.projections.neighbours import Neighbours, Search
from aecore.projections.pca import PCA

SAME = 1e-12
"""Distance below which two images are one, and stand at one place."""


class Known:
    """Training images that a map was fitted on, and which of them new ones are nearest to.

    Attributes:
        which: (n,) int64, their places among all images of the data set.
        rows: (n, d), their codes or pixels.
    """

    def __init__(self, which: Tensor, rows: Rows) -> None:
        """which, rows: see above. Raises InputError where n is below 2 or a row not finite."""
        if len(rows) < 2:
            raise InputError("At least 2 training images are needed to tell which are nearest.")
        _check(rows)
        self.which, self.rows = which, rows
        self._search = Search(rows)

    @cached_property
    def pca(self) -> PCA:
        """Fitted again: it is quick, and finds the same each time."""
        return PCA().fit(self.rows)

    def nearest(self, rows: Rows) -> Neighbours:
        """The NEAR nearest of new rows (k, d). Raises InputError where those are not finite."""
        _check(rows)
        return self._search.of(rows, NEAR)


def place_new(rows: Rows, spec: MapSpec, drawn: Drawn, known: Known) -> Map:
    """Where new images stand on a drawn map: (k, 2).

    Args:
        rows: (k, d), the images as `samples.rows_of` gives them for this map's config.
        spec, drawn: the map.
        known: the images that it was fitted on.

    Raises InputError where a row is not finite.
    """
    _check(rows)
    if spec.method == CODE:
        return rows
    if projections[spec.method] is PCA:
        return known.pca.transform(rows)
    near = known.nearest(rows)
    return _between(drawn.train[near.places], near.distances)


def _between(places: Map, distances: Rows) -> Map:
    """Means of places (k, m, 2), each weighing 1 / its distance (k, m): (k, 2)."""
    weights = 1 / np.maximum(distances.astype(np.float64), SAME)
    mean = (weights[:, :, None] * places).sum(1) / weights.sum(1, keepdims=True)
    return mean.astype(np.float32)


def _check(rows: Rows) -> None:
    if not np.isfinite(rows).all():
        raise InputError(
            "The model's code of an image is no finite number, so nothing can be said of its "
            "place; look at a run whose training went well."
        )
