"""Guesses of colours that know of each pixel no more than its brightness."""

import torch
from torch import Tensor
from torch.nn.functional import pad

from aecore.restoration.base import Damage, Restorer, restorers

CHUNK = 500
SMALLEST = 1e-9
"""Share of the largest eigenvalue below which a direction is taken for rounding."""


@restorers.register("mean_colour")
class MeanColour(Restorer):
    """Adds what training images lost of their colour on average, the same to every pixel."""

    title = "Mean colour"
    idea = "Tints every pixel with the mean colour of the training images."
    tasks = ("colour",)

    _lost: Tensor

    def fit(self, clean: Tensor, damage: Damage) -> None:
        total = torch.zeros(clean.shape[1], dtype=torch.float64)
        for part in clean.split(CHUNK):
            x = part / 255
            total += (x.double() - damage(x).double()).mean((2, 3)).sum(0)
        self._lost = (total / len(clean)).float()[:, None, None]

    def restore(self, damaged: Tensor, strength: float) -> Tensor:  # noqa: ARG002
        return damaged + self._lost


@restorers.register("colour_regression")
class ColourRegression(Restorer):
    """Least squares from the channels of a damaged pixel, and a constant, to its clean ones."""

    title = "Linear regression"
    idea = (
        "Guesses the colour of each pixel from its brightness, by a line fitted to training images."
    )
    tasks = ("colour",)

    _map: Tensor

    def fit(self, clean: Tensor, damage: Damage) -> None:
        channels = clean.shape[1]
        own = torch.zeros(channels + 1, channels + 1, dtype=torch.float64)
        cross = torch.zeros(channels + 1, channels, dtype=torch.float64)
        for part in clean.split(CHUNK):
            x = part / 255
            y = _pixels(damage(x)).double()
            own += y.T @ y
            cross += y.T @ x.movedim(1, -1).flatten(0, -2).double()
        # The channels of a grey image are alike, so that many maps are as good; this is one.
        self._map = torch.linalg.pinv(own, rtol=SMALLEST, hermitian=True) @ cross

    def restore(self, damaged: Tensor, strength: float) -> Tensor:  # noqa: ARG002
        made = (_pixels(damaged).double() @ self._map).float()
        count, _, height, width = damaged.shape
        return made.view(count, height, width, -1).movedim(-1, 1).contiguous()


def _pixels(x: Tensor) -> Tensor:
    """The pixels of images (n, C, H, W) as rows of their channels and a one: (n·H·W, C + 1)."""
    return pad(x.movedim(1, -1).flatten(0, -2), (0, 1), value=1.0)
