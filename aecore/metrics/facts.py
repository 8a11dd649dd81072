"""What samples are like before anything learns from them: counts, and values column by column."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from aecore.datasets import ImageData
from aecore.datasets.splits import SPLITS, Split
from aecore.samples import Column, Kind, places

BINS = 64
MEASURED = 2000
"""Training samples whose values are counted in a histogram of pixels."""


@dataclass(frozen=True)
class ColumnFacts:
    """One column over all samples, in units of its source.

    missing: how many values are not there; of a number its mean, standard deviation, least and
    greatest, and a histogram (edges, counts); of a category how often each value is there;
    by_class: the counts of each class, where classes were asked for.
    """

    name: str
    count: int
    missing: int
    mean: float = float("nan")
    deviation: float = float("nan")
    least: float = float("nan")
    greatest: float = float("nan")
    edges: tuple[float, ...] = ()
    counts: tuple[int, ...] = ()
    values: tuple[str, ...] = ()
    by_class: tuple[tuple[int, ...], ...] = ()


def class_counts(data: ImageData) -> dict[Split, list[int]]:
    """Samples of each class in each split."""
    return {
        split: torch.bincount(data.part_labels(split), minlength=len(data.classes)).tolist()
        for split in SPLITS
    }


def pixel_histogram(data: ImageData) -> tuple[NDArray[np.int64], int]:
    """How often pixels of the first training images have each value, (channels, 64) bins of four
    values each, and of how many images."""
    images = data.part("train", MEASURED).numpy()
    counts = [
        np.bincount(images[:, channel].ravel() // (256 // BINS), minlength=BINS)
        for channel in range(images.shape[1])
    ]
    return np.stack(counts).astype(np.int64), len(images)


def column_facts(
    samples: Tensor,
    kind: Kind,
    columns: tuple[Column, ...],
    labels: Tensor | None = None,
    classes: int = 0,
) -> list[ColumnFacts]:
    """Facts on each column of samples (n, C, H, W) as a source gives them, NaN where missing.

    labels: (n,) int64, below `classes`, where each class is to be counted by itself, too.
    """
    known = torch.zeros(len(samples), dtype=torch.int64) if labels is None else labels
    classes = 0 if labels is None else classes
    if kind == "series":
        each = known[:, None, None].expand_as(samples[:, 0]).flatten()
        return [
            _number(column.name, samples[:, at].flatten(), each, classes)
            for at, column in enumerate(columns)
        ]
    flat = samples.flatten(1)
    return [
        _category(column, flat[:, start:stop], known, classes)
        if column.kind == "category"
        else _number(column.name, flat[:, start], known, classes)
        for column, (start, stop) in zip(columns, places(columns), strict=True)
    ]


def _number(name: str, values: Tensor, labels: Tensor, classes: int) -> ColumnFacts:
    known = ~values.isnan()
    there, labels = values[known].double(), labels[known]
    if not len(there):
        return ColumnFacts(name, len(values), len(values))
    counts, edges = np.histogram(there.numpy(), min(BINS, 32))
    parts = [np.histogram(there[labels == one].numpy(), edges)[0] for one in range(classes)]
    return ColumnFacts(
        name, len(values), len(values) - len(there), float(there.mean()),
        float(there.std(correction=0)), float(there.min()), float(there.max()),
        tuple(edges.tolist()), tuple(counts.tolist()),
        by_class=tuple(tuple(part.tolist()) for part in parts),
    )  # fmt: skip


def _category(column: Column, shares: Tensor, labels: Tensor, classes: int) -> ColumnFacts:
    known = ~shares.isnan().any(1)
    there, labels = shares[known], labels[known]
    counts, *parts = (
        tuple(some.sum(0).round().long().tolist())
        for some in (there, *(there[labels == one] for one in range(classes)))
    )
    missing = len(shares) - len(there)
    return ColumnFacts(
        column.name, len(shares), missing, counts=counts, values=column.values,
        by_class=tuple(parts),
    )  # fmt: skip
