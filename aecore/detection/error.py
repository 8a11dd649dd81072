"""Reconstruction error: what the model has not learnt to draw, it draws badly."""

from __future__ import annotations

from aecore.detection.base import Fitted, Method, Views, methods


@methods.register("error")
class Error(Method):
    """The mean squared error per pixel of the model's reconstruction (Japkowicz et al. 1995)."""

    title = "Reconstruction error"
    idea = "How far the model's reconstruction is from the image, as mean squared error per pixel."
    of_run = True

    def fit(self, train: Views, validation: Views, seed: int) -> Fitted:  # noqa: ARG002
        """Nothing is left to learn: training did."""
        return Fitted(lambda views: views.errors, "nothing to set")
