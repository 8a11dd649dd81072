"""Filters that know nothing of the images: an average or a median around each pixel (SciPy)."""

import torch
from torch import Tensor

from aecore.restoration.base import Restorer, restorers


@restorers.register("gaussian_filter")
class GaussianFilter(Restorer):
    """Averages with Gaussian weights; the edge is mirrored."""

    title = "Gaussian filter"
    idea = "Averages each pixel with those around it."
    strength = "deviation in pixels"
    strengths = (0.3, 0.5, 0.7, 0.85, 1.0, 1.2, 1.4, 1.7, 2.0, 2.5, 3.0)

    def restore(self, damaged: Tensor, strength: float) -> Tensor:
        from scipy.ndimage import gaussian_filter  # slow to import

        return torch.from_numpy(gaussian_filter(damaged.numpy(), strength, axes=(2, 3)))


@restorers.register("median_filter")
class MedianFilter(Restorer):
    """Takes the median of a square around each pixel, which drops single outliers."""

    title = "Median filter"
    idea = "Replaces each pixel by the middle one of those around it, in order of brightness."
    strength = "side of the square in pixels"
    strengths = (3.0, 5.0, 7.0)

    def restore(self, damaged: Tensor, strength: float) -> Tensor:
        from scipy.ndimage import median_filter

        return torch.from_numpy(median_filter(damaged.numpy(), int(strength), axes=(2, 3)))
