"""Reconstruction error and distance in the code together: an image may be odd in either."""

from __future__ import annotations

from aecore.detection.base import Fitted, Method, Scores, Views, methods
from aecore.detection.distances import mahalanobis


@methods.register("both")
class Both(Method):
    """(e − m_e) / s_e + (d − m_d) / s_d of the error e and the Mahalanobis distance d of the code.

    Means m and standard deviations s are those over validation images: on training images, which
    the model has learnt, both are too small.
    """

    title = "Error and code together"
    idea = (
        "The reconstruction error plus the distance in the code, each less its mean and divided "
        "by its standard deviation over the validation images."
    )
    of_run = True
    needs_code = True

    def fit(self, train: Views, validation: Views, seed: int) -> Fitted:  # noqa: ARG002
        """The covariance of the training codes, and both scales from the validation images."""
        distance = mahalanobis(train.code)
        usual = validation.errors, distance(validation.code)

        def score(views: Views) -> Scores:
            parts = zip((views.errors, distance(views.code)), usual, strict=True)
            return sum(
                ((each - known.mean()) / (known.std() or 1.0) for each, known in parts),
                start=views.errors * 0,
            )

        return Fitted(score, f"scales of {len(validation):,} validation images")
