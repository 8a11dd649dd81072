"""Kernel density: a small Gaussian around each training image, all of them added up."""

from __future__ import annotations

from typing import cast

import numpy as np
import torch
from numpy.typing import NDArray

from aecore.detection.base import Fitted, Method, Scores, Views, methods

BANDWIDTHS = np.geomspace(0.01, 1, 17)
TRIED_ON = 300
CHUNK = 256
"""Images whose distances to all training images are held at a time."""


@methods.register("density")
class Density(Method):
    """−log p(x) with p(x) = (1/n) Σᵢ N(x; xᵢ, h² I) (Parzen 1962), without its constant.

    The bandwidth h, in units of a pixel's range, is the one of `BANDWIDTHS` under which validation
    images are likeliest.
    """

    title = "Kernel density"
    idea = (
        "How unlikely the image is under a small Gaussian around each training image; its width "
        "is the one under which validation images are likeliest."
    )
    most = 5_000  # it looks at all of them for every image

    def fit(self, train: Views, validation: Views, seed: int) -> Fitted:  # noqa: ARG002
        """Choose the bandwidth."""
        tried = np.linspace(0, len(validation) - 1, min(TRIED_ON, len(validation))).astype(int)
        far = squared_distances(validation.pixels[tried], train.pixels)
        likelihoods = [_log_densities(far, h, train.pixels.shape[1]).mean() for h in BANDWIDTHS]
        bandwidth = float(BANDWIDTHS[int(np.argmax(likelihoods))])

        def score(views: Views) -> Scores:
            starts = range(0, len(views), CHUNK)
            parts = (views.pixels[start : start + CHUNK] for start in starts)
            near = (squared_distances(part, train.pixels) for part in parts)
            return np.concatenate([-_log_densities(each, bandwidth, 0) for each in near])

        return Fitted(score, f"bandwidth {bandwidth:.3g}, by {len(tried):,} validation images")


def squared_distances(rows: NDArray[np.float32], known: NDArray[np.float32]) -> Scores:
    """Squared Euclidean distances from each of rows (m, d) to each that is known (n, d): (m, n)."""
    from sklearn.metrics.pairwise import euclidean_distances  # slow to import

    # In float64, where |a|² + |b|² − 2 a·b keeps enough digits of pixels in [0, 1].
    first, second = rows.astype(np.float64), known.astype(np.float64)
    return cast(Scores, euclidean_distances(first, second, squared=True))


def _log_densities(far: Scores, bandwidth: float, size: int) -> Scores:
    """log (1/n) Σ exp(−far / 2h²) − size · log h of each row; size: of how many numbers."""
    kernels = torch.from_numpy(far / (-2 * bandwidth**2)).logsumexp(1).numpy()
    return cast(Scores, kernels - np.log(far.shape[1]) - size * np.log(bandwidth))
