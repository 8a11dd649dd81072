"""The error of PCA: the reconstruction error that any linear model of that size can have."""

from __future__ import annotations

import numpy as np

from aecore.detection.base import Fitted, Method, Scores, Views, methods


@methods.register("pca")
class Pca(Method):
    """The mean squared error per pixel of a PCA with as many numbers as the code.

    At most half as many as pixels: a PCA that keeps nearly all has an error of rounding only.
    """

    title = "PCA error"
    idea = "The reconstruction error of a PCA that keeps as many numbers as the code has."
    needs_code = True

    def fit(self, train: Views, validation: Views, seed: int) -> Fitted:  # noqa: ARG002
        """The leading axes of the training images, exactly."""
        from sklearn.decomposition import PCA  # slow to import

        count, size = train.pixels.shape
        kept = max(1, min(train.code.shape[1], count, size // 2))
        solver = "covariance_eigh" if count >= size else "full"
        model = PCA(kept, svd_solver=solver).fit(train.pixels)

        def score(views: Views) -> Scores:
            made = model.inverse_transform(model.transform(views.pixels))
            return np.square(made - views.pixels).mean(1, dtype=np.float64)

        return Fitted(score, f"k = {kept}")
