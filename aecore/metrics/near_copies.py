"""Copies across the split: test samples that training has seen, exactly or nearly."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from aecore.datasets import ImageData
from aecore.projections.neighbours import Search
from aecore.samples import to_float

LOOKED_AT = 1000
"""Test samples whose nearest training sample is looked for."""
AMONG = 10_000
"""Training samples that are looked among: so many can be looked through exactly."""


@dataclass(frozen=True)
class NearCopies:
    """The nearest pairs of a test and a training sample, the nearest first.

    exact: test samples, of all `tested`, of which the very same numbers are in the training split
    of `trained`; test, train: rows of the data set's samples, (k,) int64; distances: Euclidean,
    between samples as models see them (images in [0, 1], all else on the common scale), (k,);
    looked_at, among: how many of each split the pairs were looked for in.
    """

    exact: int
    tested: int
    trained: int
    test: NDArray[np.int64]
    train: NDArray[np.int64]
    distances: NDArray[np.float32]
    looked_at: int
    among: int


def near_copies(data: ImageData, most: int = 24, seed: int = 0) -> NearCopies:
    """Pairs across the split. seed: which samples are looked at where there are too many."""
    test, train = data.splits["test"].numpy(), data.splits["train"].numpy()
    known = {data.images[row].numpy().tobytes() for row in train}
    copied = np.array([data.images[row].numpy().tobytes() in known for row in test], bool)
    generator = np.random.default_rng(seed)
    # Exact copies are looked at first: they are the nearest there are.
    order = np.concatenate([test[copied], generator.permutation(test[~copied])])[:LOOKED_AT]
    among = np.sort(generator.permutation(train)[:AMONG])
    if len(among) < len(train):  # the originals of exact copies belong to them
        wanted = {data.images[row].numpy().tobytes() for row in test[copied][:most]}
        originals = [row for row in train if data.images[row].numpy().tobytes() in wanted]
        among = np.unique(np.concatenate([among, np.array(originals, np.int64)]))
    near = Search(_numbers(data, among)).of(_numbers(data, order), 1)
    nearest = np.argsort(near.distances[:, 0], kind="stable")[:most]
    return NearCopies(
        exact=int(copied.sum()),
        tested=len(test),
        trained=len(train),
        test=order[nearest],
        train=among[near.places[nearest, 0]],
        distances=near.distances[nearest, 0],
        looked_at=len(order),
        among=len(among),
    )


def _numbers(data: ImageData, rows: NDArray[np.int64]) -> NDArray[np.float32]:
    return to_float(data.images[torch.from_numpy(rows)]).flatten(1).numpy()
