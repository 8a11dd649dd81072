"""Which samples are taken for odd and which for normal, and how a model sees them."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import interpolate

from aecore.datasets import DataSource, ImageData, SplitConfig, datasets, open_data
from aecore.datasets.gone import is_gone
from aecore.datasets.scaling import on_scale_of
from aecore.datasets.splits import split
from aecore.detection import Views
from aecore.errors import DataUnavailable, InputError, UnknownName
from aecore.metrics.reconstruction import mse_per_image
from aecore.reports.base import Follow
from aecore.runs.inference import CHUNK, LoadedModel, codes_of, without_label
from aecore.samples import NOUNS, Column, to_float

LEFT_OUT = "left_out"
"""Stands for the class that the run never saw."""
LUMA = (0.299, 0.587, 0.114)
"""Of red, green and blue in a grey value (ITU-R BT.601)."""


class Suspects(NamedTuple):
    """The samples that are judged, (n, C, H, W) as the data set of the run has them; odd: (n,)
    bool; title: what the odd ones are."""

    images: Tensor
    odd: Tensor
    title: str


def suspects_of(data: ImageData, left_out: int, wanted: str, most: int) -> Suspects:
    """The test samples of a run, with odd ones among them or after them.

    Args:
        data: the samples of the run; left_out: the class that it never saw, or -1.
        wanted: `LEFT_OUT`, or the name of another data set, of which the test samples are odd.
        most: of the run's test samples; of another data set, as many as of these are normal.

    Raises InputError where no class was left out, or the other data set is the run's own or not
    comparable; UnknownName where there is none such; DataUnavailable where it is not on this
    machine.
    """
    images, labels = data.part("test", most), data.part_labels("test", most)
    if wanted == LEFT_OUT:
        if left_out < 0:
            raise InputError(
                "This run has seen every class: train one with a class left out (leave_out), or "
                "choose another data set as the suspects."
            )
        return Suspects(images, labels == left_out, f"class {data.classes[left_out]}")
    normal = images[labels != left_out]
    others = _other(data, wanted, len(normal))
    odd = torch.arange(len(normal) + len(others)) >= len(normal)
    return Suspects(torch.cat([normal, others]), odd, datasets[wanted].title)


def comparable(mine: ImageData | DataSource, other: DataSource) -> bool:
    """Whether samples of another data set can be shown to a model of these: images of any size,
    all else where it has the same columns in the same order."""
    if mine.kind != other.kind:
        return False
    same = mine.shape == other.shape and _form(mine.columns) == _form(other.columns)
    return mine.kind == "image" or same


def _form(columns: tuple[Column, ...]) -> list[tuple[str, str, tuple[str, ...]]]:
    return [(column.name, column.kind, column.values) for column in columns]


def _other(data: ImageData, name: str, most: int) -> Tensor:
    if is_gone(name):
        raise UnknownName("data set", name, ())
    kind = datasets[name]
    source = kind(kind.Config())
    if name == data.name:
        raise InputError(
            f"This run was trained on {kind.title} itself; choose another data set as the suspects."
        )
    if not comparable(data, source):
        raise InputError(f"What is odd: {kind.title} {_why_not(data, source)}")
    if not source.ready():
        raise DataUnavailable(
            f"{kind.title} is not on this machine; choose another data set, or train a run on it, "
            "which downloads it."
        )
    if data.kind == "image":
        return as_shape(open_data(name).part("test", most), data.shape)
    pool = source.read()
    rows = split(pool, SplitConfig(), source.classes)["test"][:most]
    return on_scale_of(pool.images[rows], data.kind, data.columns)


def _why_not(data: ImageData, source: DataSource) -> str:
    if data.kind == source.kind:
        return (
            "has other columns than this run learnt from; choose a data set with the same, or a "
            "class that the run never saw (left_out)."
        )
    return (
        f"can be held against other {NOUNS[source.kind][1]} only; choose a class that the run "
        "never saw (left_out)."
    )


def as_shape(images: Tensor, shape: tuple[int, int, int]) -> Tensor:
    """Images (n, c, h, w) uint8 as (n, C, H, W) uint8, c and C each 1 or 3.

    Colours to grey by ITU-R BT.601, grey to three equal channels; another size by bilinear
    interpolation over the area that a new pixel covers (torch's antialias), without a border.
    """
    channels, *size = shape
    x = to_float(images)
    if x.shape[1] == 3 and channels == 1:
        x = (x * torch.tensor(LUMA).view(1, 3, 1, 1)).sum(1, keepdim=True)
    if list(x.shape[2:]) != size:
        x = interpolate(x, size, mode="bilinear", antialias=True)
    return x.mul(255).round().clamp(0, 255).to(torch.uint8).expand(-1, channels, -1, -1)


def views_of(loaded: LoadedModel, images: Tensor, follow: Follow) -> tuple[Views, Tensor]:
    """Samples (n, C, H, W) as scores see them, and their reconstructions, in float32.

    Raises InputError where the model's figures are not finite.
    """
    model = loaded.model
    errors, codes, made = [], [], []
    for index, part in enumerate(images.split(CHUNK)):
        follow(index * CHUNK / len(images), "reconstructing")
        with torch.inference_mode():
            x = to_float(part)
            made.append(model(x))
            errors.append(mse_per_image(made[-1], x))
        if model.has_code:
            codes.append(without_label(model, codes_of(model, part)))
    code = torch.cat(codes).float().numpy() if codes else None
    error = torch.cat(errors).numpy()
    if not np.isfinite(error).all() or (code is not None and not np.isfinite(code).all()):
        raise InputError(
            "The reconstructions of this run are no finite numbers; look at a run whose training "
            "went well."
        )
    return Views(to_float(images).flatten(1).numpy(), error, code), torch.cat(made)
