"""The numbers of a code: how far each reaches, how much it is used, what moving one does."""

from __future__ import annotations

from typing import Literal, NamedTuple

import torch
from torch import Tensor

from aecore.metrics.likelihood import kl_per_dimension
from aecore.models import Autoencoder
from aecore.models.standard_prior import StandardPrior
from aecore.runs.inference import CHUNK, codes_of
from aecore.samples import to_float

EDGE = 0.005
"""Share of the images whose number lies below, and beyond, what is shown of it."""


class Axes(NamedTuple):
    """Codes of images, and what is known of each of their d numbers.

    codes: (m, d); order: (k,) int64, the numbers that can be moved, the most used first; all but
    a label that the model was told, which stands at the end of a code. use: (k,) in that order,
    KL in nats or variance, as `by` says. low, high, middle: (d,), between the first two lie 99 %
    of the images, the last is their mean.
    """

    codes: Tensor
    order: Tensor
    use: Tensor
    by: Literal["kl", "variance"]
    low: Tensor
    high: Tensor
    middle: Tensor


def axes_of(model: Autoencoder, images: Tensor) -> Axes:
    """The numbers of a model's code, over images (m, C, H, W) uint8; m at least 1.

    The KL from a standard normal prior says how much a number tells (Kingma and Welling 2013,
    appendix B); where there is no such prior, the variance says how much it does.
    """
    codes = codes_of(model, images)
    low, high = _edges(codes)
    found = codes.shape[1] - model.label_size
    if isinstance(model, StandardPrior):
        use = _nats(model, images)
    else:
        use = codes[:, :found].var(0, unbiased=False)
    order = use.argsort(descending=True, stable=True)
    by: Literal["kl", "variance"] = "kl" if isinstance(model, StandardPrior) else "variance"
    return Axes(codes, order, use[order], by, low, high, codes.mean(0))


def traversal(axes: Axes, start: Tensor, rows: int, columns: int) -> Tensor:
    """Codes that differ from one in one number: (rows, columns, d).

    Row i moves the number `axes.order[i]` evenly from its low to its high end; rows are as many as
    there are numbers that can be moved, at most.

    Args:
        start: (d,), what all others are held at.
    """
    chosen = axes.order[:rows]
    codes = start.repeat(len(chosen), columns, 1)
    shares = torch.linspace(0, 1, columns)
    for row, axis in enumerate(chosen.tolist()):
        codes[row, :, axis] = torch.lerp(axes.low[axis], axes.high[axis], shares)
    return codes


def _edges(codes: Tensor) -> tuple[Tensor, Tensor]:
    """Between which values all but the outermost images lie, a number each; never equal."""
    ordered = codes.sort(0).values
    outermost = int(EDGE * len(codes))
    low, high = ordered[outermost], ordered[len(codes) - 1 - outermost]
    return low, torch.where(high > low, high, low + 1)


def _nats(model: StandardPrior, images: Tensor) -> Tensor:
    """KL of each number averaged over the images: (d,) float32."""
    parts = [kl_per_dimension(model, to_float(part)) * len(part) for part in images.split(CHUNK)]
    return (torch.stack(parts).sum(0) / len(images)).float()
