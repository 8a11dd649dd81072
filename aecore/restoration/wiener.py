"""The Wiener filter: the best that any linear map can do, learnt from pairs of training images.

x_hat = m + C_xy C_yy⁻¹ (y − n) with m and n the mean clean and damaged image, C_yy the covariance
of damaged images and C_xy that of clean with damaged ones (Wiener 1949). For Gaussian noise of
deviation σ that is not clipped it shrinks each principal axis of variance λ by λ / (λ + σ²).
"""

from typing import get_args

import torch
from torch import Tensor

from aecore.corruptions.base import Task
from aecore.restoration.base import Damage, Restorer, restorers

PAIRS = 60_000
"""Images are damaged again and again up to so many pairs; with few, the map would learn them."""
CHUNK = 500
SMALLEST = 1e-6
"""Share of the largest variance below which a direction is taken for one without any."""


@restorers.register("wiener")
class WienerFilter(Restorer):
    """Least squares on (damaged, clean) pairs, whatever the damage is. Nothing to choose.

    Learning takes time and memory by the square of the pixels: on one busy core 4 s for 28 × 28
    grey ones, 80 s for 32 × 32 in colour.
    """

    title = "Wiener filter"
    idea = "The best linear map from damaged to clean images, computed from training images."
    tasks = get_args(Task)

    _seen: Tensor
    _clean: Tensor
    _map: Tensor

    def fit(self, clean: Tensor, damage: Damage) -> None:
        self._clean = clean.flatten(1).mean(0, dtype=torch.float64).div(255)
        size, draws = len(self._clean), max(1, PAIRS // len(clean))
        total = torch.zeros(size, dtype=torch.float64)
        own, cross = (torch.zeros(size, size, dtype=torch.float64) for _ in range(2))
        # Taken off before: sums of squares around a far-off point would lose what varies.
        centre = self._clean.float()
        for _ in range(draws):
            for part in clean.split(CHUNK):
                x = part / 255
                y = damage(x).flatten(1) - centre
                total += y.sum(0)
                own += y.T @ y
                cross += (x.flatten(1) - centre).T @ y
        count = draws * len(clean)
        mean = total / count
        own = own / count - torch.outer(mean, mean)
        inverse = torch.linalg.pinv(own, rtol=SMALLEST, hermitian=True)
        self._map = ((cross / count) @ inverse).T.float()
        self._seen = (self._clean + mean).float()

    def restore(self, damaged: Tensor, strength: float) -> Tensor:  # noqa: ARG002
        moved = (damaged.flatten(1) - self._seen) @ self._map
        return (moved + self._clean.float()).view(damaged.shape)
