"""Points that a person has drawn by hand become an own data set."""

from __future__ import annotations

import json
from math import isfinite
from typing import Any

import numpy as np

from aecore.errors import InputError
from aecore.intake.base import Taken
from aecore.samples import Column

FEWEST, MOST = 50, 5000
"""Points of a drawing."""
COLOURS = ("Blue", "Orange", "Green", "Red")
"""Of the brushes, each a class."""


def drawn(text: str) -> Taken:
    """What a drawing holds, as the samples of a data set.

    Args:
        text: JSON, a list of [x, y, colour]: a place on the pad, whose middle is (0, 0) and whose
            edges lie at -1 and 1, and the number of a brush.

    Raises InputError where that is something else, or there are too few or too many points.
    """
    points = _points(text)
    if not FEWEST <= len(points) <= MOST:
        raise InputError(
            f"A drawing needs {FEWEST} to {MOST:,} points and this one has {len(points):,}; "
            f"draw {'more' if len(points) < FEWEST else 'fewer'}."
        )
    places = np.array([[x, y] for x, y, _ in points], np.float32)
    used, labels = np.unique([int(colour) for *_, colour in points], return_inverse=True)
    return Taken(
        kind="points",
        samples=places[:, None, None, :],
        labels=labels,
        classes=tuple(COLOURS[colour] for colour in used),
        columns=(Column("x"), Column("y")),
        label="brush",
        rules=(f"{len(points):,} points were drawn by hand on a pad from -1 to 1.",),
    )


def _points(text: str) -> list[list[float]]:
    try:
        given: Any = json.loads(text)
    except (ValueError, RecursionError):
        given = None
    if not isinstance(given, list) or not all(_is_point(point) for point in given):
        raise InputError(
            "A drawing is a list of [x, y, colour] with places from -1 to 1 and colours from 0 to "
            f"{len(COLOURS) - 1}; draw it anew."
        )
    return given


def _is_point(point: Any) -> bool:
    if not isinstance(point, list) or len(point) != 3:
        return False
    if not all(type(value) in (int, float) and isfinite(value) for value in point):
        return False
    x, y, colour = point
    return max(abs(x), abs(y)) <= 1 and colour in range(len(COLOURS))
