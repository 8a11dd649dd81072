"""The distance to the nearest training images, pixel by pixel: no model at all."""

from __future__ import annotations

from typing import ClassVar

from aecore.detection.base import Fitted, Method, Views, methods
from aecore.detection.distances import neighbour_distance


@methods.register("neighbour")
class Neighbour(Method):
    """The Euclidean distance of the pixels to those of the k-th nearest training image."""

    title = "Nearest image"
    idea = "The distance, pixel by pixel, to the nearest training image."
    k: ClassVar[int] = 1

    def fit(self, train: Views, validation: Views, seed: int) -> Fitted:  # noqa: ARG002
        """The training images themselves."""
        distance = neighbour_distance(train.pixels, self.k)
        return Fitted(lambda views: distance(views.pixels), f"k = {self.k}, Euclidean")


@methods.register("neighbour_5")
class FifthNeighbour(Neighbour):
    """The same with k = 5, which a single odd training image does not mislead."""

    title = "Fifth nearest image"
    idea = "The distance, pixel by pixel, to the fifth nearest training image."
    k = 5
