"""The PCA baseline: the best that any linear code of k numbers can do on the training images.

x_hat = m + V Vᵀ (x − m) with m the average training image and V the k leading principal axes
(Eckart and Young 1936). Exact: no randomised solver.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from aecore.samples import to_float

CHUNK = 1024


@dataclass(frozen=True)
class PcaBaseline:
    """A fitted PCA. mean: (d,) float32; axes: (k, d) float32 with orthonormal rows."""

    mean: Tensor
    axes: Tensor

    def encode(self, images: Tensor) -> Tensor:
        """Images (n, ...) uint8 to their codes, (n, k) float32, the leading axis first."""
        return flat(images).sub_(self.mean) @ self.axes.T

    def reconstruct(self, images: Tensor) -> Tensor:
        """Images (n, ...) uint8 to their reconstructions, the same shape in float32.

        Values may leave [0, 1] a little, as those of any linear method.
        """
        return torch.addmm(self.mean, self.encode(images), self.axes).view(images.shape)

    def chunks(self, images: Tensor) -> Iterator[tuple[Tensor, Tensor]]:
        """(images, reconstructions) as floats, so many at a time that memory stays small."""
        for part in images.split(CHUNK):
            yield flat(part).view(part.shape), self.reconstruct(part)


def fit_pca(images: Tensor, components: int) -> PcaBaseline:
    """Fit PCA to training images.

    Args:
        images: (n, ...) uint8, n of at least 1.
        components: how many axes to keep; more than min(n, d) means all of them.
    """
    from sklearn.decomposition import PCA  # slow to import, and only this needs it

    x = flat(images).numpy()
    count, size = x.shape
    if count == 1:  # one image has no directions to vary in
        return PcaBaseline(torch.from_numpy(x[0]), torch.zeros(1, size))
    # The covariance (d × d) is small where n is large; where n < d the SVD of the data is.
    solver = "covariance_eigh" if count >= size else "full"
    model = PCA(min(components, count, size), svd_solver=solver, copy=False).fit(x)
    return PcaBaseline(as_float(model.mean_), as_float(model.components_))


def flat(images: Tensor) -> Tensor:
    """Samples as rows of float32, images in [0, 1]: (n, d), of their own memory."""
    rows = to_float(images.flatten(1))
    return rows if images.dtype == torch.uint8 else rows.clone()


def as_float(array: object) -> Tensor:
    """A numpy array as a float32 tensor."""
    return torch.as_tensor(array, dtype=torch.float32)
