"""The Wiener filter: the best that any linear map can do, learnt from pairs of training images.

x_hat = m + C_xy C_yy⁻¹ (y − n) with m and n the mean clean and damaged image, C_yy the covariance
of damaged images and C_xy that of clean with damaged ones (Wiener 1949). For Gaussian noise of
deviation σ that is not clipped it shrinks each principal axis of variance λ by λ / (λ + σ²).

Where the damage is always the same (a hole in the middle, colours, details), there are no more
pairs than images, and with few of them least squares would learn them by heart. So some of the
mean variance may be added to all of C_yy (ridge regression: Hoerl and Kennard 1970).
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as NotYet
from typing import TypeVar, get_args

import numpy as np
import torch
from torch import Tensor

from aecore.corruptions.base import Task
from aecore.restoration.base import Damage, Restorer, restorers

PAIRS = 60_000
"""Images are damaged again and again up to so many pairs; with few, the map would learn them."""
CHUNK = 500
SMALLEST = 1e-6
"""Share of the largest variance below which a direction is taken for one without any."""
PATIENCE = 0.5
"""Seconds between two looks at whether a long piece of work is still wanted."""
Result = TypeVar("Result")


@restorers.register("wiener")
class WienerFilter(Restorer):
    """Least squares on (damaged, clean) pairs, whatever the damage is.

    Learning takes time and memory by the square of the pixels: on one busy core 3 s for 28 × 28
    grey ones, 40 s for 32 × 32 in colour.
    """

    title = "Wiener filter"
    idea = "The best linear map from damaged to clean images, computed from training images."
    strength = "variance added, as a share"
    strengths = (0.0, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0)
    tasks = get_args(Task)

    _seen: Tensor
    _clean: Tensor
    _variances: Tensor
    _axes: Tensor
    _cross: Tensor

    def fit(self, clean: Tensor, damage: Damage) -> None:
        from scipy.linalg.blas import dsyrk  # slow to import

        self._clean = clean.flatten(1).mean(0, dtype=torch.float64).div(255)
        size, draws = len(self._clean), max(1, PAIRS // len(clean))
        own = np.zeros((size, size), order="F")  # its lower half alone is filled
        sums = torch.zeros(len(clean), size, dtype=torch.float64)  # of all damaged copies of each
        # Taken off before: sums of squares around a far-off point would lose what varies.
        centre = self._clean.float()
        for _ in range(draws):
            for part, its in zip(clean.split(CHUNK), sums.split(CHUNK), strict=True):
                y = (damage(part / 255).flatten(1) - centre).double()
                its += y
                own = dsyrk(1.0, y.numpy().T, 1.0, own, lower=1, overwrite_c=1)
        count = draws * len(clean)
        mean = sums.sum(0) / count
        varies = torch.from_numpy(own).div_(count) - torch.outer(mean, mean)
        # Each clean image is the same in all of its pairs.
        cross = torch.zeros(size, size, dtype=torch.float64)
        for part, its in zip(clean.split(CHUNK), sums.split(CHUNK), strict=True):
            damage.tick()
            cross += its.T @ (part.flatten(1) / 255 - centre).double()
        self._variances, axes = patiently(lambda: torch.linalg.eigh(varies, "L"), damage.tick)
        self._axes, self._cross = axes.float(), (axes.T @ (cross / count)).float()
        self._seen = (self._clean + mean).float()

    def restore(self, damaged: Tensor, strength: float) -> Tensor:
        along = (damaged.flatten(1) - self._seen) @ self._axes
        moved = (along * self._weights(strength)) @ self._cross
        return (moved + self._clean.float()).view(damaged.shape)

    def _weights(self, ridge: float) -> Tensor:
        """One over the variance of each axis, with the ridge; 0 for axes without variance."""
        variances = self._variances
        weights = 1 / (variances + ridge * variances.mean())
        return weights.where(variances > SMALLEST * variances.max(), 0.0).float()


def patiently(work: Callable[[], Result], tick: Callable[[], object]) -> Result:
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
