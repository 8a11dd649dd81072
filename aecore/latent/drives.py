"""What drives a number of the code: which images have it, which pixels move it, which classes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol, runtime_checkable

import torch
from torch import Tensor

from aecore.models import Autoencoder
from aecore.runs.inference import CHUNK
from aecore.samples import Column, places, to_float


class Extremes(NamedTuple):
    """Which images have the least and the most of a number: (k,) int64 each, the extreme first."""

    lowest: Tensor
    highest: Tensor


class Classes(NamedTuple):
    """A number within each of c classes: mean, standard deviation and images, (c,) each.

    Of a class without images, the mean and the deviation are no number (NaN).
    """

    means: Tensor
    deviations: Tensor
    counts: Tensor


@runtime_checkable
class Quantised(Protocol):
    """A model whose code is looked up in a book, and what it looks up."""

    def vectors(self, x: Tensor) -> Tensor:
        """The numbers before they are replaced: (n, C, H, W) in [0, 1] to (n, places, size)."""


def extremes(values: Tensor, count: int) -> Extremes:
    """The images with the lowest and the highest values (n,); of equal ones, the earlier."""
    lowest = values.argsort(stable=True)[:count]
    return Extremes(lowest, values.argsort(descending=True, stable=True)[:count])


def gradient_map(model: Autoencoder, images: Tensor, axis: int) -> Tensor | None:
    """How much a number of the code answers to each pixel: (H, W), each 0 or more.

    mean over images of Σ over channels |∂z_axis / ∂x|, with x in [0, 1] (the saliency map of
    Simonyan, Vedaldi and Zisserman 2014, section 3, averaged). Of a quantised code, that of the
    number before it is looked up; None where there is no gradient.

    Args:
        model: in eval mode.
        images: (n, C, H, W) uint8, n of at least 1.
    """
    total = torch.zeros(images.shape[2:], dtype=torch.float64)
    for part in images.split(CHUNK):
        slope = _slope(model, part, axis)
        if slope is None:
            return None
        total += slope.abs().sum((0, 1))
    return (total / len(images)).float()


def column_importance(
    model: Autoencoder, samples: Tensor, axis: int, columns: Sequence[Column]
) -> Tensor | None:
    """How much a number of the code answers to each column: (columns,), each 0 or more.

    Of a column of numbers the mean over samples of |∂z_axis / ∂x|, with x in standard deviations;
    of a category the mean of max − min over its values of ∂z_axis / ∂x: how far the number moves,
    to first order, from that of its values to the one that differs most. None as of
    `gradient_map`.

    Args:
        samples: (n, 1, 1, numbers) float32, n of at least 1.
    """
    total = torch.zeros(len(columns), dtype=torch.float64)
    for part in samples.split(CHUNK):
        slope = _slope(model, part, axis)
        if slope is None:
            return None
        flat = slope.flatten(1)
        for place, (column, (start, stop)) in enumerate(
            zip(columns, places(tuple(columns)), strict=True)
        ):
            own = flat[:, start:stop]
            one = own.amax(1) - own.amin(1) if column.kind == "category" else own[:, 0].abs()
            total[place] += one.sum()
    return (total / len(samples)).float()


def _slope(model: Autoencoder, part: Tensor, axis: int) -> Tensor | None:
    """∂z_axis / ∂x at each sample, in its shape; None where there is no gradient."""
    numbers = model.vectors if isinstance(model, Quantised) else model.encode
    x = to_float(part).clone().requires_grad_()  # what is no image is the data set's own
    value = numbers(x).flatten(1)[:, axis].sum()
    if not value.requires_grad:
        return None
    (slope,) = torch.autograd.grad(value, x, allow_unused=True)
    return slope


def within_classes(values: Tensor, labels: Tensor, classes: int) -> Classes:
    """A number (n,) by the labels (n,) int64 of its images; the deviation is that of the class."""
    x = values.double()
    counts = torch.bincount(labels, minlength=classes)
    means = torch.bincount(labels, x, classes) / counts
    squares = torch.bincount(labels, (x - means[labels]).square(), classes) / counts
    return Classes(means, squares.sqrt(), counts)


def eta_squared(values: Tensor, labels: Tensor) -> float:
    """The share of a number's variance that lies between classes, 0 to 1 (Fisher 1925).

    η² = Σ n_c (mean_c − mean)² / Σ (z − mean)². It is 1 where the class decides the number, and
    0 where all classes have the same mean, or the number never changes. By chance alone it is
    (c − 1) / (n − 1) on average, for c classes.

    Args:
        values: (n,), n of at least 1; labels: (n,) int64.
    """
    x = values.double()
    whole = (x - x.mean()).square().sum()
    if whole == 0:
        return 0.0
    means, _, counts = within_classes(values, labels, int(labels.max()) + 1)
    filled = counts > 0
    between = (counts[filled] * (means[filled] - x.mean()).square()).sum()
    return float(between / whole)
