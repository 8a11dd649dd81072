"""What a map is drawn of: codes or pixels of training images, and of images never trained on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from aecore.datasets import ImageData, open_data
from aecore.errors import InputError
from aecore.maps.spec import CODE, MapConfig, MapSpec
from aecore.projections import Rows
from aecore.runs.inference import LoadedModel, codes_of, without_label
from aecore.runs.store import Run
from aecore.samples import to_float
from aecore.training.batches import HELD_OUT, stream

MOST_HELD_OUT = 100_000


@dataclass(frozen=True)
class Samples:
    """Rows of numbers: those that a map is fitted on, and those that it shows.

    train: (n, d); classes: (n,) theirs; held_out: (m, d), of the test split, in its order.
    """

    train: Rows
    classes: NDArray[np.int64]
    held_out: Rows


def samples_of(run: Run, loaded: LoadedModel, spec: MapSpec) -> Samples:
    """The samples of a run that a map is to show.

    Raises InputError where its model has no code, or the code is not of two numbers where it is
    to be drawn as it is; DataUnavailable where the data set is gone.
    """
    model = loaded.model
    if spec.config.of == "code" and not model.has_code:
        raise InputError(
            f"{model.title} has no code to draw, since the picture also goes around it; draw the "
            "pixels."
        )
    if spec.method == CODE and model.code_size != 2:
        raise InputError(
            f"The code has {model.code_size} numbers and only a code of 2 can be drawn as it is; "
            "choose PCA, or another map."
        )
    data = open_data(run.spec.dataset, run.spec.source, run.spec.splits)
    rows = chosen(data, spec.config)
    parts = [data.images[rows], data.part("test", MOST_HELD_OUT)]
    train, held_out = (rows_of(loaded, part, spec.config) for part in parts)
    return Samples(train, data.labels[rows].numpy(), held_out)


def chosen(data: ImageData, config: MapConfig) -> Tensor:
    """Which images a map is fitted on: (n,) int64, drawn at random, the same for each method."""
    rows = data.splits["train"]
    seed = stream(config.map_seed, HELD_OUT, 2)
    order = torch.randperm(len(rows), generator=torch.Generator().manual_seed(seed))
    return rows[order[: config.fit_on]]


def rows_of(loaded: LoadedModel, images: Tensor, config: MapConfig) -> Rows:
    """Images (n, C, H, W) uint8 as the rows (n, d) that a map is drawn of: codes or pixels."""
    if config.of == "pixels":
        return pixels_of(images)
    return without_label(loaded.model, codes_of(loaded.model, images)).numpy()


def pixels_of(images: Tensor) -> Rows:
    """Images (n, C, H, W) uint8 as rows (n, d) in [0, 1]."""
    return to_float(images).flatten(1).numpy()
