"""Methods made for photographs, image by image: non-local means and total variation (skimage)."""

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor

from aecore.restoration.base import Restorer, restorers

PATCH, REACH = 5, 6
"""Side of the patches that non-local means compares, and how far it looks for similar ones."""


@restorers.register("non_local_means")
class NonLocalMeans(Restorer):
    """Averages pixels whose surroundings look alike: Buades, Coll and Morel 2005."""

    title = "Non-local means"
    idea = "Averages each pixel with others of the image whose surroundings look alike."
    strength = "how unlike surroundings may be (h)"
    strengths = (0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.7, 1.0)

    def restore(self, damaged: Tensor, strength: float) -> Tensor:
        from skimage.restoration import denoise_nl_means  # slow to import

        known: dict[str, Any] = {"patch_size": PATCH, "patch_distance": REACH, "channel_axis": -1}
        return each_image(damaged, lambda image: denoise_nl_means(image, h=strength, **known))


@restorers.register("total_variation")
class TotalVariation(Restorer):
    """Minimises |x − y|² / 2 + strength · total variation: Rudin et al. 1992, Chambolle 2004."""

    title = "Total variation"
    idea = "Looks for the image with the least ups and downs that still resembles the damaged one."
    strength = "weight of the ups and downs"
    strengths = (0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.6, 0.8, 1.2)

    def restore(self, damaged: Tensor, strength: float) -> Tensor:
        from skimage.restoration import denoise_tv_chambolle

        return each_image(
            damaged, lambda image: denoise_tv_chambolle(image, weight=strength, channel_axis=-1)
        )


def each_image(images: Tensor, method: Callable[[Any], Any]) -> Tensor:
    """Images (n, C, H, W) with a method applied to each as (H, W, C) float64.

    Channels last, and by -1: denoise_nl_means drops a single channel, and with it as the first
    axis returns a wrong image without a word.
    """
    made = [method(image) for image in images.permute(0, 2, 3, 1).double().contiguous().numpy()]
    stacked = np.array(made, dtype=np.float32).reshape(len(images), *images.shape[2:], -1)
    return torch.from_numpy(stacked).permute(0, 3, 1, 2).contiguous()
