"""One-class support vector machine: the smallest smooth region that holds most training images."""

from __future__ import annotations

from aecore.detection.base import Fitted, Method, Views, methods

OUTSIDE = 0.1
"""ν: the share of training images that may lie outside of the region, at most."""


@methods.register("svm")
class Svm(Method):
    """Schölkopf et al. 2001 on pixels, with a Gaussian kernel of scikit-learn's width "scale".

    exp(−γ |x − y|²) with γ = 1 / (d · variance of all pixels).
    """

    title = "One-class SVM"
    idea = "How far the image is outside of a smooth region that holds nine in ten training images."
    most = 2_000  # its time grows faster than the square of their number

    def fit(self, train: Views, validation: Views, seed: int) -> Fitted:  # noqa: ARG002
        """Find the region."""
        from sklearn.svm import OneClassSVM  # slow to import

        model = OneClassSVM(nu=OUTSIDE).fit(train.pixels)
        return Fitted(lambda views: -model.score_samples(views.pixels), f"ν = {OUTSIDE}")
