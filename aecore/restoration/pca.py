"""Projection on the principal axes of the training images: what lies outside is dropped."""

from typing import get_args

import torch
from torch import Tensor

from aecore.corruptions.base import Task
from aecore.metrics.pca import PcaBaseline, fit_pca
from aecore.restoration.base import Damage, Restorer, restorers

MOST = 256


@restorers.register("pca")
class PcaProjection(Restorer):
    """x_hat = m + V Vᵀ (y − m) with the k leading axes V of clean training images."""

    title = "PCA"
    idea = "Keeps of the image only what the main directions of the training images can draw."
    strength = "axes that are kept"
    strengths = (1, 2, 4, 6, 8, 12, 16, 20, 25, 30, 40, 50, 64, 80, 100, 128, 160, 200, MOST)
    tasks = get_args(Task)

    _pca: PcaBaseline

    def fit(self, clean: Tensor, damage: Damage) -> None:  # noqa: ARG002
        self._pca = fit_pca(clean, MOST)

    def restore(self, damaged: Tensor, strength: float) -> Tensor:
        axes = self._pca.axes[: int(strength)]
        codes = (damaged.flatten(1) - self._pca.mean) @ axes.T
        return torch.addmm(self._pca.mean, codes, axes).view(damaged.shape)
