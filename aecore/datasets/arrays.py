"""Arrays as samples: what each number of an array becomes, in rules that do not look at the split.

Images are uint8. Bytes stay as they are, False and True become 0 and 255, floats from 0 to 1 are
multiplied by 255 and rounded; all other numbers are spread so that the lowest of the whole array
becomes 0 and the highest 255. Of four axes the last is the channels where it has 1 or 3, else the
second. What is no image stays in its units, as float32; NaN and infinite numbers are missing.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from aecore.errors import InputError
from aecore.samples import Kind

MISSING = "(missing)"
"""The class, or the value of a category, of those that have none."""
LARGEST = float(np.finfo(np.float32).max)
CHANNELS = (1, 3)
CHUNK = 1000
AXES: dict[Kind, tuple[tuple[int, ...], str]] = {
    "image": ((3, 4), "(n, height, width) or (n, height, width, channels)"),
    "table": ((2,), "(n, columns)"),
    "series": ((2, 3), "(n, steps) or (n, steps, channels)"),
    "points": ((2,), "(n, coordinates)"),
}
"""How many axes an array of each kind has, and which."""


def samples_of(x: Any, kind: Kind | None) -> tuple[Kind, Tensor]:
    """Samples (n, C, H, W) of an array, and what they are; see above.

    Args:
        x: a NumPy array, a tensor, or what NumPy makes one of.
        kind: a table of two axes and images of more, where left out.

    Raises InputError where they cannot be that.
    """
    array = numbers_in(x)
    kind = kind or ("table" if array.ndim == 2 else "image")
    axes, wanted = AXES[kind]
    if array.ndim not in axes or 0 in array.shape:
        raise InputError(f"Expected an array {wanted} and got one of the shape {array.shape}.")
    if kind == "image":
        return kind, torch.from_numpy(pixels(channels_first(array)))
    values = finite_or_missing(array)
    if kind == "series":
        steps = values[:, :, None] if values.ndim == 2 else values
        return kind, torch.from_numpy(np.ascontiguousarray(steps.transpose(0, 2, 1)[:, :, None]))
    return kind, torch.from_numpy(values[:, None, None, :])


def numbers_in(x: Any) -> NDArray[Any]:
    """A NumPy array of numbers. Raises InputError where x is none."""
    try:
        array = np.asarray(x.detach().cpu() if isinstance(x, Tensor) else x)
    except ValueError:  # rows of different lengths
        array = np.empty(0, object)
    if array.dtype.kind not in "biuf":
        raise InputError(
            "Expected an array of numbers; for texts and dates give a pandas frame, and make "
            "sparse or ragged data dense first."
        )
    return array


def channels_first(array: NDArray[Any]) -> NDArray[Any]:
    """Images (n, H, W) or (n, H, W, C) or (n, C, H, W) as (n, C, H, W)."""
    if array.ndim == 3:
        return array[:, None]
    if array.shape[3] in CHANNELS:
        return array.transpose(0, 3, 1, 2)
    if array.shape[1] in CHANNELS:
        return array
    raise InputError(
        f"Expected images of 1 or 3 channels, in the last axis or the second, and got the shape "
        f"{array.shape}."
    )


def pixels(images: NDArray[Any]) -> NDArray[np.uint8]:
    """Images of any numbers as uint8, by the rules above. Raises InputError for NaN."""
    if images.dtype == np.uint8:
        return np.array(images, order="C")
    low, high = float(images.min()), float(images.max())
    if not np.isfinite([low, high]).all():
        raise InputError("Images with missing or infinite pixels cannot be taken; fill them first.")
    if images.dtype == bool or (images.dtype.kind == "f" and low >= 0 and high <= 1):
        low, high = 0.0, 1.0
    result = np.empty(images.shape, np.uint8)
    for start in range(0, len(images), CHUNK):  # never the whole as float64
        part = images[start : start + CHUNK].astype(np.float64)
        result[start : start + CHUNK] = np.rint((part - low) * (255 / ((high - low) or 1)))
    return result


def finite_or_missing(values: NDArray[Any]) -> NDArray[np.float32]:
    """Numbers as float32; NaN where they are infinite or too large."""
    exact = np.array(values, np.float64)
    exact[np.abs(exact) > LARGEST] = np.nan
    return exact.astype(np.float32)


def classes_of(
    labels: Any, count: int, names: Sequence[str] = ()
) -> tuple[Tensor, tuple[str, ...]]:
    """Labels (n,) int64 and the names of their classes; all of one class where there are none.

    Classes are in the order of their numbers or letters; who has no label comes last.

    Args:
        labels: n whole numbers or texts, or None.
        names: what the numbers 0, 1, … are called, where that is known.

    Raises InputError where there are more or fewer labels, or they are no classes.
    """
    if labels is None:
        return torch.zeros(count, dtype=torch.int64), ("all",)
    given = np.asarray(labels.detach().cpu() if isinstance(labels, Tensor) else labels)
    if given.shape != (count,):
        raise InputError(f"Expected {count} labels, one a sample, and got the shape {given.shape}.")
    if given.dtype.kind == "f" and (given[np.isfinite(given)] % 1 != 0).any():
        raise InputError("Labels are classes; give whole numbers or texts, not measurements.")
    unknown = np.array([each is None or each != each for each in given.tolist()])
    known = given[~unknown]
    if names and len(known) == count and known.dtype.kind in "iub":
        found = torch.from_numpy(known.astype(np.int64))
        if set(found.tolist()) <= set(range(len(names))):
            return found, tuple(str(name) for name in names)
    whole = known.astype(np.int64) if known.dtype.kind in "iuf" else known.astype(str)
    values, places = np.unique(whole, return_inverse=True)
    result = np.full(count, len(values), np.int64)
    result[~unknown] = places
    missing = (MISSING,) if unknown.any() else ()
    return torch.from_numpy(result), (*(str(value) for value in values), *missing)
