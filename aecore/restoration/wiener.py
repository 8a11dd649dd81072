"""The Wiener filter: the best that any linear map can do, learnt from pairs of training images.

x_hat = m + C_xy C_yy⁻¹ (y − n) with m and n the mean clean and damaged image, C_yy the covariance
of damaged images and C_xy that of clean with damaged ones (Wiener 1949). For Gaussian noise of
deviation σ that is not clipped it shrinks each principal axis of variance λ by λ / (λ + σ²).
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as NotYet

import numpy as np
import torch
from torch import Tensor

from aecore.restoration.base import Damage, Restorer, restorers

PAIRS = 60_000
"""Images are damaged again and again up to so many pairs; with few, the map would learn them."""
CHUNK = 500
SMALLEST = 1e-6
"""Share of the largest variance below which a direction is taken for one without any."""
PATIENCE = 0.5
"""Seconds between two looks at whether a long piece of work is still wanted."""


@restorers.register("wiener")
class WienerFilter(Restorer):
    """Least squares on (damaged, clean) pairs, whatever the damage is. Nothing to choose.

    Learning takes time and memory by the square of the pixels: on one busy core 3 s for 28 × 28
    grey ones, 26 s for 32 × 32 in colour, 37 s where some directions do not vary.
    """

    title = "Wiener filter"
    idea = "The best linear map from damaged to clean images, computed from training images."

    _seen: Tensor
    _clean: Tensor
    _map: Tensor

    def fit(self, clean: Tensor, damage: Damage) -> None:
        from scipy.linalg.blas import dsyrk  # slow to import

        self._clean = clean.flatten(1).mean(0, dtype=torch.float64).div(255)
        size, draws = len(self._clean), max(1, PAIRS // len(clean))
        total = torch.zeros(size, dtype=torch.float64)
        own = np.zeros((size, size), order="F")  # its lower half alone is filled
        sums = torch.zeros(len(clean), size, dtype=torch.float64)  # of all damaged copies of each
        # Taken off before: sums of squares around a far-off point would lose what varies.
        centre = self._clean.float()
        for _ in range(draws):
            for part, its in zip(clean.split(CHUNK), sums.split(CHUNK), strict=True):
                y = (damage(part / 255).flatten(1) - centre).double()
                total += y.sum(0)
                its += y
                own = dsyrk(1.0, y.numpy().T, 1.0, own, lower=1, overwrite_c=1)
        count = draws * len(clean)
        mean = total / count
        varies = torch.from_numpy(own).div_(count) - torch.outer(mean, mean)
        # Each clean image is the same in all of its pairs.
        cross = torch.zeros(size, size, dtype=torch.float64)
        for part, its in zip(clean.split(CHUNK), sums.split(CHUNK), strict=True):
            self.tick()
            cross += its.T @ (part.flatten(1) / 255 - centre).double()
        self._map = solved(varies, cross / count, self.tick).float()
        self._seen = (self._clean + mean).float()

    def restore(self, damaged: Tensor, strength: float) -> Tensor:  # noqa: ARG002
        moved = (damaged.flatten(1) - self._seen) @ self._map
        return (moved + self._clean.float()).view(damaged.shape)


def solved(own: Tensor, cross: Tensor, tick: Callable[[], object]) -> Tensor:
    """The map M of least squares: own · M = cross, in the directions that vary at all.

    Args:
        own: (d, d) float64, symmetric and of no negative variance; its lower half is read.
        cross: (d, d) float64.
        tick: called at least once a second or two; what it raises ends the work.
    """
    full = own.tril() + own.tril(-1).T
    tick()
    cut = SMALLEST * _largest(full)
    tick()
    # A matrix minus `cut` has a Cholesky factor where no direction varies less than that.
    _, failed = torch.linalg.cholesky_ex(full - cut * torch.eye(len(full), dtype=full.dtype))
    tick()
    if int(failed) or cut <= 0:
        return _patiently(
            lambda: torch.linalg.pinv(full, rtol=SMALLEST, hermitian=True) @ cross, tick
        )
    factor = torch.linalg.cholesky(full)
    tick()
    return torch.cholesky_solve(cross, factor)


def _largest(symmetric: Tensor) -> float:
    """Its largest eigenvalue."""
    from scipy.sparse.linalg import eigsh  # slow to import

    if not symmetric.any():
        return 0.0
    start = np.random.default_rng(0).standard_normal(len(symmetric))
    return float(eigsh(symmetric.numpy(), 1, v0=start, return_eigenvectors=False)[0])


def _patiently(work: Callable[[], Tensor], tick: Callable[[], object]) -> Tensor:
    """What a long piece of work gives, with looks at whether it is still wanted."""
    threads = ThreadPoolExecutor(1)
    found = threads.submit(work)
    try:
        while True:
            try:
                return found.result(PATIENCE)
            except NotYet:
                tick()
    finally:
        threads.shutdown(wait=False)
