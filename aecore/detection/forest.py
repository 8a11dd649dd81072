"""Isolation forest: what few random cuts can set apart is odd."""

from __future__ import annotations

from aecore.detection.base import Fitted, Method, Views, methods

TREES = 100


@methods.register("forest")
class Forest(Method):
    """Liu, Ting and Zhou 2008, on pixels, with scikit-learn's settings."""

    title = "Isolation forest"
    idea = "How few random cuts through the pixel values set the image apart from the others."

    def fit(self, train: Views, validation: Views, seed: int) -> Fitted:  # noqa: ARG002
        """Grow the trees, each on 256 of the training images."""
        from sklearn.ensemble import IsolationForest  # slow to import

        model = IsolationForest(n_estimators=TREES, random_state=seed).fit(train.pixels)
        return Fitted(lambda views: -model.score_samples(views.pixels), f"{TREES} trees")
