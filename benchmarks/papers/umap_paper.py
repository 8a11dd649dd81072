"""MNIST rows of Sainburg, McInnes and Gentner 2021 (Parametric UMAP): what a code is good for.

Figures from the authors' notebooks (github.com/timsainb/ParametricUMAP_paper): accuracy of the
nearest training code on test images, and mean squared error per pixel of test images. Ours train
on 54,000 of their 60,000 images, since a tenth validates. The noise that a VAE allows each pixel
sets how much its code may hold: it stands here fixed at our default, and learned.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from math import prod
from typing import Any, Literal

from aecore.datasets import ImageData, open_data
from aecore.metrics.pca import fit_pca, flat
from aecore.metrics.probes import neighbour_accuracy
from aecore.runs import RunSpec
from benchmarks.papers.fit import fit, timed
from benchmarks.papers.rows import Known, Row

NAME = "Parametric UMAP paper"
SOURCE = "Sainburg et al. 2021, notebooks table-knn-results and plot-reconstruction-acc-with-vae"
ACCURACY = {
    2: {"PCA": 0.3765, "AE": 0.7647, "VAE": 0.7241, "UMAP": 0.9317, "P.UMAP": 0.9402},
    64: {"PCA": 0.9707, "AE": 0.9748, "VAE": 0.9785, "UMAP": 0.9449, "P.UMAP": 0.9518},
}
ERROR = {
    2: {"PCA": 0.0557, "AE": 0.0369, "VAE": 0.0371},
    64: {"PCA": 0.0090, "AE": 0.0016, "VAE": 0.0024},
}
FULL = {"dataset": "mnist", "width": 512, "depth": 3, "epochs": 50, "batch_size": 256}
SHORT = {"dataset": "mnist", "width": 256, "depth": 2, "epochs": 3, "train_limit": 6000}
TRAINED = {
    "AE": {"variant": "autoencoder"},
    "VAE": {"variant": "vae"},
    "VAE, learned noise": {"variant": "vae", "likelihood": "gaussian"},
    "P.UMAP": {"variant": "parametric_umap"},
}
SLACK = {"1-NN accuracy": 0.005, "MSE per pixel": 0.0005}


def run(*, short: bool = False, known: Known = frozenset()) -> Iterator[Row]:
    """Every method in 2 and in 64 dimensions, but for what is known."""
    base: dict[str, Any] = SHORT if short else FULL
    data = _data(base)
    for size in (2, 64):
        ways: dict[str, Callable[[], Iterator[Row]]] = {
            "PCA": partial(_pca, data, size),
            "UMAP": partial(_umap, data, size),
        }
        for method, choice in TRAINED.items():
            values = {**base, **choice, "latent_dim": size}
            ways[method] = partial(_trained, method, values, size)
        for method, rows in ways.items():
            if (_title(size), method) not in known:
                yield from rows()


def _title(size: int) -> str:
    return f"{NAME}, {size}-D"


def _data(values: dict[str, Any]) -> ImageData:
    spec = RunSpec.from_flat(values)
    return open_data(spec.dataset, spec.source, spec.splits)


def _pca(data: ImageData, size: int) -> Iterator[Row]:
    with timed() as clock:
        pca = fit_pca(data.part("train"), size)
    train, test = (flat(data.part(part)).sub(pca.mean) @ pca.axes.T for part in ("train", "test"))
    errors = [(made - x).square().mean(1) for x, made in _rows(pca.chunks(data.part("test")))]
    mse = float(sum(e.sum() for e in errors) / data.size("test"))
    settings = f"exact; {data.size('train'):,} images"
    accuracy = _accuracy(data, train, test)
    yield _row("PCA", size, "1-NN accuracy", accuracy, settings, clock.minutes)
    yield _row("PCA", size, "MSE per pixel", mse, settings, clock.minutes)


def _rows(chunks: Any) -> Iterator[tuple[Any, Any]]:
    return ((x.flatten(1), made.flatten(1)) for x, made in chunks)


def _umap(data: ImageData, size: int) -> Iterator[Row]:
    from umap import UMAP  # slow to import

    with timed() as clock:
        reducer = UMAP(n_components=size, random_state=0)
        train = reducer.fit_transform(flat(data.part("train")).numpy())
        test = reducer.transform(flat(data.part("test")).numpy())
    settings = f"umap-learn, random_state=0; {data.size('train'):,} images"
    accuracy = _accuracy(data, train, test)
    yield _row("UMAP", size, "1-NN accuracy", accuracy, settings, clock.minutes)


def _trained(method: str, values: dict[str, Any], size: int) -> Iterator[Row]:
    fitted = fit(values)
    data = fitted.data
    train, test = (fitted.codes(data.part(part)) for part in ("train", "test"))
    accuracy = _accuracy(data, train, test)
    yield _row(method, size, "1-NN accuracy", accuracy, fitted.settings, fitted.minutes)
    if _theirs(method) in ERROR[size]:
        mse = float(fitted.squared_errors(data.part("test")).mean()) / prod(data.shape)
        yield _row(method, size, "MSE per pixel", mse, fitted.settings, fitted.minutes)


def _accuracy(data: ImageData, train: Any, test: Any) -> float:
    labels = data.part_labels("train"), data.part_labels("test")
    return neighbour_accuracy(train, labels[0], test, labels[1], k=1)


def _theirs(method: str) -> str:
    """What the paper calls a method of ours."""
    return method.partition(",")[0]


def _row(method: str, size: int, measure: str, ours: float, settings: str, minutes: float) -> Row:
    published = (ACCURACY if measure == "1-NN accuracy" else ERROR)[size].get(_theirs(method))
    better: Literal["higher", "lower"] = "higher" if measure == "1-NN accuracy" else "lower"
    return Row(
        _title(size), method, measure, better, ours, published, SOURCE, settings, minutes,
        SLACK[measure],
    )  # fmt: skip
