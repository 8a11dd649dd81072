"""Filling holes from what is around them; nothing is learnt."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import Tensor, where
from torch.nn.functional import avg_pool2d

from aecore.restoration.base import Restorer, restorers
from aecore.restoration.photographs import each_image


@restorers.register("biharmonic")
class Biharmonic(Restorer):
    """Solves ΔΔx = 0 in the holes (Damelin and Hoang 2018; scikit-image's).

    An image of which nothing is left stays black.
    """

    title = "Biharmonic"
    idea = "Continues what is around a hole into it as smoothly as can be."
    tasks = ("fill",)
    marked = True

    def restore(self, damaged: Tensor, strength: float) -> Tensor:  # noqa: ARG002
        return each_image(damaged, _smooth)


@restorers.register("neighbours")
class Neighbours(Restorer):
    """Gives pixels beside known ones the mean of those of their eight neighbours, and so on.

    An image of which nothing is left stays black.
    """

    title = "Mean of neighbours"
    idea = "Fills a hole from its edge inwards with the mean of the pixels around that are known."
    tasks = ("fill",)
    marked = True

    def restore(self, damaged: Tensor, strength: float) -> Tensor:  # noqa: ARG002
        known = ~damaged[:, :1].isnan()
        filled = damaged.masked_fill(~known, 0.0)
        while True:
            share = avg_pool2d(known.float(), 3, stride=1, padding=1)
            reached = ~known & (share > 0)
            if not reached.any():
                return filled
            mean = avg_pool2d(filled, 3, stride=1, padding=1) / share
            filled = where(reached, mean, filled)
            known = known | reached


def _smooth(image: NDArray[Any]) -> NDArray[Any]:
    """One image (H, W, C) with NaN in its holes."""
    from skimage.restoration import inpaint_biharmonic  # slow to import

    hole = np.isnan(image[..., 0])
    black = np.where(hole[..., None], 0, image)
    if hole.all() or not hole.any():
        return black
    filled: NDArray[Any] = inpaint_biharmonic(black, hole, channel_axis=-1)
    return filled
