"""Data sets from what a script has in its hands: arrays, torchvision's data sets, pandas frames.

They are split and scaled as any other, and ready for a `TrainingSession`; nothing is registered
and nothing written. `aecore.intake.keep_python` puts them among the owner's data sets in the app.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from aecore.datasets import arrays, frames
from aecore.datasets.base import ImageData, prepared
from aecore.datasets.splits import Pool, SplitConfig
from aecore.errors import InputError
from aecore.samples import Column, Kind, places

if TYPE_CHECKING:
    import pandas as pd

FEWEST = 10
"""Samples that there must be: each split then has two."""


class Pairs(Protocol):
    """torchvision's data sets, and whatever else has a length and gives (image, label)."""

    def __len__(self) -> int: ...

    def __getitem__(self, index: int, /) -> Any: ...


@dataclass(frozen=True)
class Given:
    """Samples of a script in their own units, not yet split.

    columns: what the numbers of a sample are, where it is no image; metadata: what `pool.metadata`
    holds, in its order; label: what the classes are called.
    """

    title: str
    kind: Kind
    pool: Pool
    classes: tuple[str, ...]
    columns: tuple[Column, ...] = ()
    metadata: tuple[Column, ...] = ()
    label: str = ""

    def opened(self, splits: SplitConfig | None = None) -> ImageData:
        """Split and scaled. Raises InputError where the samples are too few."""
        if len(self.pool.images) < FEWEST:
            raise InputError(
                f"{len(self.pool.images)} samples are too few to train on, to validate and to "
                f"test; give at least {FEWEST}."
            )
        return prepared(
            "", self.title, "yours", self.pool, self.kind, self.classes, self.columns,
            splits or SplitConfig(),
        )  # fmt: skip


def from_array(
    x: Any,
    labels: Any = None,
    *,
    kind: Kind | None = None,
    title: str = "Array",
    splits: SplitConfig | None = None,
) -> ImageData:
    """A data set of an array.

    Args:
        x: images (n, H, W), (n, H, W, C) or (n, C, H, W), or rows (n, d), of numbers; what becomes
            of them stands in aecore/datasets/arrays.py.
        labels: (n,) whole numbers or texts.
        kind: what x is, where its axes do not say so: "series" of (n, steps) or (n, steps,
            channels), "points" of (n, coordinates), whose coordinates share one scale.

    Raises InputError where these cannot be samples.
    """
    return given_array(x, labels, kind, title).opened(splits)


def from_torchvision(
    dataset: Pairs, *, title: str | None = None, splits: SplitConfig | None = None
) -> ImageData:
    """A data set of pairs (image, label), with the names in `dataset.classes` where there are any.

    Args:
        dataset: its images are of Pillow (grey stays grey, all else becomes RGB), tensors
            (C, H, W) or arrays (H, W) or (H, W, C), all of one size. They are read once and kept.

    Raises InputError where they are not.
    """
    return given_pairs(dataset, title).opened(splits)


def from_frame(
    frame: pd.DataFrame,
    label: str | None = None,
    metadata: Sequence[str] = (),
    *,
    title: str = "Table",
    splits: SplitConfig | None = None,
) -> ImageData:
    """A data set of the rows of a pandas frame.

    Args:
        label: the column with the classes; it is no part of the samples.
        metadata: columns that are kept beside the samples and are no part of them.

    What becomes of the others stands in aecore/datasets/frames.py; columns of one value are kept.
    Raises InputError where a column cannot be taken.
    """
    return given_frame(frame, label, metadata, title).opened(splits)


def given_array(x: Any, labels: Any, kind: Kind | None, title: str) -> Given:
    """As `from_array`."""
    kind, samples = arrays.samples_of(x, kind)
    indices, classes = arrays.classes_of(labels, len(samples))
    columns: tuple[Column, ...] = ()
    if kind != "image":
        count = samples.shape[1] if kind == "series" else samples.shape[3]
        columns = tuple(Column(f"column {place}") for place in range(1, count + 1))
    return Given(title, kind, Pool(samples, indices), classes, columns)


def given_pairs(dataset: Pairs, title: str | None = None) -> Given:
    """As `from_torchvision`."""
    images: list[NDArray[Any]] = []
    labels = []
    for index in range(len(dataset)):
        try:
            image, label = dataset[index]
        except (TypeError, ValueError):
            raise InputError(f"Item {index} is no pair of an image and a label.") from None
        images.append(_picture(image))
        labels.append(label)
        if images[-1].shape != images[0].shape:
            raise InputError(
                f"Image {index} has the shape {images[-1].shape} and the first "
                f"{images[0].shape}; give the data set a transform that makes them equal."
            )
    if not images:
        raise InputError("The data set is empty.")
    stack = arrays.channels_first(np.stack(images))
    numbers = np.array([each.item() if hasattr(each, "item") else each for each in labels])
    indices, classes = arrays.classes_of(numbers, len(stack), getattr(dataset, "classes", ()))
    pool = Pool(torch.from_numpy(arrays.pixels(stack)), indices)
    return Given(title or type(dataset).__name__, "image", pool, classes)


def _picture(image: Any) -> NDArray[Any]:
    """(H, W) or (H, W, C) of what one item holds."""
    if isinstance(image, Tensor):
        array = image.detach().cpu().numpy()
        return array.transpose(1, 2, 0) if array.ndim == 3 else array
    if hasattr(image, "convert"):
        bilevel = image.convert("L") if image.mode == "1" else image
        grey = bilevel.mode in ("L", "F") or bilevel.mode.startswith("I")
        return np.asarray(bilevel if grey else bilevel.convert("RGB"))
    return arrays.numbers_in(image)


def given_frame(
    frame: pd.DataFrame, label: str | None, metadata: Sequence[str], title: str
) -> Given:
    """As `from_frame`."""
    names = list(frame.columns)
    asked = [*metadata, *([] if label is None else [label])]
    absent = [name for name in asked if name not in names]
    if absent or len(set(names)) < len(names):
        told = f"has no column {absent[0]!r}" if absent else "has two columns of one name"
        raise InputError(f"The frame {told}; it has: {', '.join(map(str, names))[:200]}.")
    found = {name: frames.read_column(frame[name]) for name in names}
    parts = [found[name] for name in names if name not in asked]
    if not parts:
        raise InputError("No column is left to learn from; name fewer in metadata.")
    rows = np.concatenate([frames.one_hot(*part) for part in parts], 1)
    indices, classes = arrays.classes_of(None, len(frame))
    if label is not None:
        column, numbers = found[label]
        indices, classes = (
            (torch.from_numpy(numbers.astype(np.int64)), column.values)
            if column.kind == "category"
            else arrays.classes_of(numbers, len(frame))
        )
    more = [found[name] for name in metadata]
    known = {column.name: torch.from_numpy(frames.beside(column, v)) for column, v in more}
    pool = Pool(torch.from_numpy(rows[:, None, None, :]), indices, None, {}, known)
    return Given(
        title, "table", pool, classes, tuple(column for column, _ in parts),
        tuple(column for column, _ in more), "" if label is None else str(label),
    )  # fmt: skip


def given_back(data: ImageData) -> Given:
    """A data set in its units again; what was missing is the mean of its column."""
    samples = data.images
    if data.kind == "series":
        scale, mean = (
            torch.tensor([getattr(column, name) for column in data.columns])[:, None, None]
            for name in ("scale", "mean")
        )
        samples = samples * scale + mean
    elif data.kind != "image":
        flat = samples.flatten(1).clone()
        for column, (start, stop) in zip(data.columns, places(data.columns), strict=True):
            flat[:, start:stop] = flat[:, start:stop] * column.scale + column.mean
        samples = flat.view(samples.shape)
    pool = Pool(samples, data.labels, None, {}, data.metadata)
    metadata = tuple(Column(name) for name in data.metadata)
    return Given(data.title, data.kind, pool, data.classes, data.columns, metadata)
