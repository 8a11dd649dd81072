"""What the code is worth: neighbours that it keeps, classes that it shows, numbers that it uses."""

from __future__ import annotations

from math import isfinite
from typing import Protocol, cast, runtime_checkable

from torch import Tensor

from aecore.datasets import Split
from aecore.metrics.arrays import Values
from aecore.metrics.codes import dead_units, perplexity, sparsity
from aecore.metrics.embedding import distance_correlation, neighbourhoods, silhouette
from aecore.metrics.probes import linear_accuracy, neighbour_accuracy
from aecore.runs.judging.subject import Found, Measure, Scores, Subject

MOST_NEIGHBOURS = 2000
"""Images whose neighbourhoods are compared; the time grows with the square."""
MOST_CLASSES = 5000
"""Images that a probe is fitted on, and as many that it is scored on."""
K = 5


@runtime_checkable
class Indexed(Protocol):
    """A model that writes an image with entries of a code book."""

    def indices(self, x: Tensor) -> Tensor:
        """Which entries: (n, C, H, W) in [0, 1] to (n, places) int64."""


def _has_neighbours(subject: Subject) -> bool:
    return subject.model.has_code and len(subject.images) > 2 * K


def _neighbours(subject: Subject) -> Found:
    images, _ = subject.sample(subject.split, MOST_NEIGHBOURS)
    metrics = _kept(images, subject.codes(images))
    subject.pulse()
    pca = _kept(images, subject.pca.encode(images))
    return Found(metrics, {"pca": pca}, dict.fromkeys(metrics, len(images)))


def _kept(images: Values, codes: Values) -> Scores:
    near = neighbourhoods(images, codes, K)
    far = distance_correlation(images, codes)
    scores = {
        "trustworthiness": near.trustworthiness,
        "continuity": near.continuity,
        "neighbourhood_area": near.area,
    }
    # Where all codes are one point, distances have no order.
    return scores | ({"distance_correlation": far} if isfinite(far) else {})


def _has_classes(subject: Subject) -> bool:
    """Not on the training split: a probe would be scored on what it was fitted on."""
    if subject.split == "train" or not subject.model.has_code:
        return False
    splits: tuple[Split, ...] = ("train", subject.split)
    labels = [subject.sample(split, MOST_NEIGHBOURS)[1] for split in splits]
    return all(2 <= len(each.unique()) < len(each) for each in labels)


def _classes(subject: Subject) -> Found:
    train, kinds = subject.sample("train", MOST_CLASSES)
    test, wanted = subject.sample(subject.split, MOST_CLASSES)
    found = Found(counts={name: len(test) for name in ("knn_accuracy", "linear_accuracy")})
    found.counts["silhouette"] = min(len(test), MOST_NEIGHBOURS)
    found.metrics = _shown(subject.codes(train), kinds, subject.codes(test), wanted)
    subject.pulse()
    pca = subject.pca
    found.baselines["pca"] = _shown(pca.encode(train), kinds, pca.encode(test), wanted)
    subject.pulse()
    found.baselines["pixels"] = {"knn_accuracy": neighbour_accuracy(train, kinds, test, wanted, K)}
    return found


def _shown(codes: Tensor, kinds: Tensor, test: Tensor, wanted: Tensor) -> Scores:
    return {
        "knn_accuracy": neighbour_accuracy(codes, kinds, test, wanted, K),
        "linear_accuracy": linear_accuracy(codes, kinds, test, wanted),
        "silhouette": silhouette(test[:MOST_NEIGHBOURS], wanted[:MOST_NEIGHBOURS]),
    }


def _zeros(subject: Subject) -> Found:
    images, _ = subject.sample(subject.split, MOST_CLASSES)
    codes = subject.codes(images)
    if not (codes == 0).any():  # a dense code: nothing to tell
        return Found()
    metrics = {"sparsity": sparsity(codes), "dead_units": float(dead_units(codes))}
    return Found(metrics, counts=dict.fromkeys(metrics, len(images)))


def _book(subject: Subject) -> Found:
    model = cast("Indexed", subject.model)  # as `applies` has found
    images, _ = subject.sample(subject.split, MOST_CLASSES)
    used = subject.through(model.indices, images)
    return Found({"perplexity": perplexity(used)}, counts={"perplexity": len(images)})


NEIGHBOURS = Measure("neighbourhoods of the codes", _has_neighbours, _neighbours)
CLASSES = Measure("classes in the codes", _has_classes, _classes)
ZEROS = Measure("zeros in the codes", lambda subject: subject.model.has_code, _zeros)
BOOK = Measure("the code book", lambda subject: isinstance(subject.model, Indexed), _book)
