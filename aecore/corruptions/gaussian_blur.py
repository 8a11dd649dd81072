"""Gaussian blur: each pixel becomes the average around it, weighted by exp(−d² / (2 level²))."""

import torch
from torch import Generator, Tensor

from aecore.config import Settings, knob
from aecore.corruptions.base import Corruption, corruptions

REACH = 4.0
"""Deviations after which the weights are cut off, as SciPy's gaussian_filter does."""


@corruptions.register("gaussian_blur")
class GaussianBlur(Corruption):
    """Convolves each channel with a Gaussian; the edge is mirrored, so that the mean stays.

    Mirrored means d c b a | a b c d | d c b a, as often as the kernel reaches over the edge.
    """

    title = "Gaussian blur"
    idea = "Softens the image, like a photograph out of focus."

    class Config(Settings):
        level: float = knob(
            1.0, "Standard deviation of the blur in pixels.", low=0, high=5, label="Blur"
        )

    config: Config

    def __call__(self, x: Tensor, generator: Generator) -> Tensor:  # noqa: ARG002
        if self.config.level == 0:
            return x
        rows, columns = (blur_matrix(size, self.config.level).to(x) for size in x.shape[-2:])
        return rows @ x @ columns.T


def blur_matrix(size: int, deviation: float) -> Tensor:
    """The blur of a line of `size` pixels as a matrix whose rows sum to 1: (size, size) float64."""
    radius = int(REACH * deviation + 0.5)
    offsets = torch.arange(-radius, radius + 1)
    weights = torch.softmax(-0.5 * (offsets.double() / deviation).square(), 0)
    places = (torch.arange(size)[:, None] + offsets) % (2 * size)
    mirrored = torch.minimum(places, 2 * size - 1 - places)
    matrix = torch.zeros(size, size, dtype=torch.float64)
    return matrix.scatter_add_(1, mirrored, weights.expand(size, -1))
