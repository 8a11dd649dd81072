"""Principal component analysis: the flat shadow in which the samples differ most.

z = V (x − m) with m the mean and V the two leading eigenvectors of the covariance (Pearson 1901).
Exact: no randomised solver.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from aecore.projections.base import Map, Projection, Rows, Watch, projections, unwatched
from aecore.projections.neighbours import Neighbours


@projections.register("pca")
class PCA(Projection):
    """The axes point to where their largest number is positive, so that they never flip.

    Attributes:
        explained_variance_ratio_: (2,) share of the whole variance along each axis, 0 to 1.
    """

    title = "PCA"
    idea = (
        "Turns the cloud of samples so that its widest side shows. Nothing is bent: far apart "
        "here is far apart, but near here need not be near."
    )
    paper = "Pearson, On Lines and Planes of Closest Fit"
    year = 1901

    def _fit(
        self,
        x: Rows,
        y: NDArray[np.int64] | None,  # noqa: ARG002
        neighbours: Neighbours | None,  # noqa: ARG002
        watch: Watch,  # noqa: ARG002
    ) -> None:
        self.mean_ = x.mean(0, dtype=np.float64)
        rows = x - self.mean_
        if x.shape[1] <= len(x):
            values, vectors = np.linalg.eigh(rows.T @ rows)
            axes = vectors[:, ::-1][:, :2].T
            variance = np.maximum(values[::-1], 0)
        else:
            _, singular, axes = np.linalg.svd(rows, full_matrices=False)
            variance = singular**2
        axes = axes[:2]
        signs = np.sign(np.take_along_axis(axes, np.abs(axes).argmax(1)[:, None], 1))
        self.axes_ = np.zeros((2, x.shape[1]))  # of one number there is a second axis as well
        self.axes_[: len(axes)] = axes * np.where(signs == 0, 1, signs)
        shares = np.zeros(2)
        total = variance.sum()
        if total > 0:
            shares[: min(2, len(variance))] = variance[:2] / total
        self.explained_variance_ratio_ = shares
        self.embedding_ = self.transform(x)

    def transform(self, x: Rows, watch: Watch = unwatched) -> Map:  # noqa: ARG002
        """Places (m, 2) of samples x (m, d)."""
        return ((x - self.mean_) @ self.axes_.T).astype(np.float32)
