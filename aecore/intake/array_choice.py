"""Which array of an upload holds the samples and which their labels, by a stated rule."""

from __future__ import annotations

from collections.abc import Mapping

from aecore.errors import InputError
from aecore.intake.held_arrays import Held
from aecore.intake.npy import NUMBERS, TEXT

SAMPLES = ("images", "image", "x", "data", "samples", "features", "x_train", "train_images")
LABELS = ("labels", "label", "y", "targets", "target", "classes", "y_train", "train_labels")
NONE = "none"


def samples_of(arrays: Mapping[str, Held], wanted: str) -> Held:
    """The one that was asked for, else the first with a name in SAMPLES, else the largest.

    Raises InputError.
    """
    if wanted:
        return _checked(_called(arrays, wanted))
    suitable = {name: held for name, held in arrays.items() if _is_samples(held)}
    for usual in SAMPLES:
        for name, held in suitable.items():
            if name.lower() == usual:
                return held
    if not suitable:
        return _checked(max(arrays.values(), key=lambda held: held.header.bytes))
    return max(suitable.values(), key=lambda held: held.header.bytes)


def labels_of(arrays: Mapping[str, Held], samples: Held, wanted: str) -> Held | None:
    """The one that was asked for, else the first with a name in LABELS and a label a sample.

    Raises InputError.
    """
    if wanted.lower() == NONE:
        return None
    others = {name: held for name, held in arrays.items() if held is not samples}
    if wanted:
        held = _called(others, wanted)
        if not _is_labels(held, samples):
            raise InputError(
                f"{held.name} has the shape {held.shape}; labels are one whole number or word for "
                f"each of the {samples.shape[0]:,} samples."
            )
        return held
    for usual in LABELS:
        for name, held in others.items():
            if name.lower() == usual and _is_labels(held, samples):
                return held
    return None


def _called(arrays: Mapping[str, Held], wanted: str) -> Held:
    found = [held for name, held in arrays.items() if name.lower() == wanted.lower()]
    if not found:
        known = ", ".join(list(arrays)[:10]) or "none"
        raise InputError(f"There is no array {wanted[:80]!r}; the arrays are: {known}.")
    return found[0]


def _is_samples(held: Held) -> bool:
    return held.header.dtype.kind in NUMBERS and 2 <= len(held.shape) <= 4


def _checked(held: Held) -> Held:
    if not _is_samples(held):
        raise InputError(
            f"{held.name} has the shape {held.shape} and the type {held.header.dtype}; give "
            "numbers as (n, height, width), (n, channels, height, width), (n, height, width, "
            "channels) or (n, d)."
        )
    return held


def _is_labels(held: Held, samples: Held) -> bool:
    count = samples.shape[0]
    return held.header.dtype.kind in NUMBERS + TEXT and held.shape in ((count,), (count, 1))
