"""How far a code is from those of the training images: from all of them, and from the nearest."""

from __future__ import annotations

from aecore.detection.base import Fitted, Method, Views, methods
from aecore.detection.distances import mahalanobis, neighbour_distance

NEAREST = 5


@methods.register("code_distance")
class CodeDistance(Method):
    """The Mahalanobis distance of a code from the training codes."""

    title = "Distance in the code"
    idea = (
        "How far the code is from the mean of the training codes, in standard deviations along "
        "each of their axes (Mahalanobis distance)."
    )
    of_run = True
    needs_code = True

    def fit(self, train: Views, validation: Views, seed: int) -> Fitted:  # noqa: ARG002
        """Mean and covariance of the training codes."""
        distance = mahalanobis(train.code)
        return Fitted(lambda views: distance(views.code), "covariance of the training codes")


@methods.register("code_neighbours")
class CodeNeighbours(Method):
    """The distance from a code to the fifth nearest of the training codes."""

    title = "Nearest codes"
    idea = f"The distance from the code to the {NEAREST}th nearest code of a training image."
    of_run = True
    needs_code = True

    def fit(self, train: Views, validation: Views, seed: int) -> Fitted:  # noqa: ARG002
        """The training codes themselves."""
        distance = neighbour_distance(train.code, NEAREST)
        return Fitted(lambda views: distance(views.code), f"k = {NEAREST}, Euclidean")
