"""Principal component analysis: the flat shadow in which the samples differ most.

z = V (x − m) with m the mean and V the two leading eigenvectors of the covariance (Pearson 1901).
Exact: no randomised solver. Products are taken in float32, some rows at a time, and added up in
float64.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from aecore.projections.base import Map, Projection, Rows, Watch, projections, unwatched
from aecore.projections.neighbours import Find, Neighbours

CHUNK = 1000
"""Rows whose products are added up at a time."""


Axes = tuple[float, NDArray[np.float64], NDArray[np.float64]]
"""The whole variance, and of the (at most) two widest directions the variance and the axes."""


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
        find: Find,  # noqa: ARG002
        watch: Watch,  # noqa: ARG002
    ) -> None:
        self.mean_ = x.mean(0, dtype=np.float64)
        total, variance, axes = _by_covariance(x) if x.shape[1] <= len(x) else _by_rows(x)
        signs = np.sign(np.take_along_axis(axes, np.abs(axes).argmax(1)[:, None], 1))
        self.axes_ = np.zeros((2, x.shape[1]))  # of one number there is a second axis as well
        self.axes_[: len(axes)] = axes * np.where(signs == 0, 1, signs)
        shares = np.zeros(2)
        if total > 0:
            shares[: len(variance)] = variance / total
        self.explained_variance_ratio_ = shares
        self.embedding_ = self.transform(x)

    def transform(
        self,
        x: Rows,
        watch: Watch = unwatched,  # noqa: ARG002
        neighbours: Neighbours | None = None,  # noqa: ARG002
    ) -> Map:
        """Places (m, 2) of samples x (m, d)."""
        return (x - self.mean_.astype(np.float32)) @ self.axes_.T.astype(np.float32)


def _by_covariance(x: Rows) -> Axes:
    from scipy.linalg import eigh  # takes a moment to import; numpy's finds all axes or none

    mean, count = x.mean(0, dtype=np.float64).astype(np.float32), x.shape[1]
    largest = max(float(np.abs(x).max()), 1e-30)  # squares of float32 end at 1e38
    products = np.zeros((count, count))
    for start in range(0, len(x), CHUNK):
        rows = (x[start : start + CHUNK] - mean) / np.float32(largest)
        products += rows.T @ rows
    values, vectors = eigh(products, subset_by_index=[max(0, count - 2), count - 1])
    return float(np.trace(products)), np.maximum(values[::-1], 0), vectors[:, ::-1].T


def _by_rows(x: Rows) -> Axes:
    _, singular, axes = np.linalg.svd(x - x.mean(0, dtype=np.float64), full_matrices=False)
    return float((singular**2).sum()), singular[:2] ** 2, axes[:2]
