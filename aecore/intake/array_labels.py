"""An array of labels to classes, or to a number that is known of each sample."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from aecore.errors import InputError
from aecore.intake.npy import TEXT, Array
from aecore.intake.safe_text import safe_text

MOST_CLASSES = 1000


class Labelled(NamedTuple):
    """labels: (n,) int64, indices into `classes`."""

    labels: Array
    classes: tuple[str, ...]


def classes_of(values: Array, name: str) -> Labelled | None:
    """Whole numbers or words, (n,), as classes in their order; None for other numbers.

    Words that read the same once they are fit to be shown are one class. Raises InputError for
    more than MOST_CLASSES, or for text that is none.
    """
    if values.dtype.kind == "f" and not (np.isfinite(values) & (values == np.rint(values))).all():
        return None
    distinct, inverse = np.unique(values, return_inverse=True)
    if len(distinct) > MOST_CLASSES:
        raise InputError(
            f"{name} has {len(distinct):,} different values; give at most {MOST_CLASSES:,} "
            "classes, or set Labels to none."
        )
    try:
        shown = [_shown(value) for value in distinct]
    except (ValueError, UnicodeError, OverflowError) as error:
        raise InputError(f"{name} holds text that is no text; save it again.") from error
    classes = tuple(dict.fromkeys(shown))
    place = {label: number for number, label in enumerate(classes)}
    numbers = np.array([place[label] for label in shown], np.int64)
    return Labelled(numbers[inverse.reshape(-1)], classes)


def _shown(value: np.generic) -> str:
    plain = value.item()
    if value.dtype.kind == TEXT:
        return safe_text(plain, otherwise="no label")
    return str(int(plain))
