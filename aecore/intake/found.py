"""A column of a table as it was understood, before it becomes numbers of samples."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

What = Literal[
    "number", "date", "category", "constant", "row number", "text", "empty", "unreadable"
]
LEARNT: tuple[What, ...] = ("number", "date", "category")
TITLES: dict[What, str] = {
    "number": "numbers",
    "date": "dates",
    "category": "a category",
    "constant": "nothing but one value",
    "row number": "whole numbers that only go up, such as the numbers of the rows",
    "text": "texts",
    "empty": "nothing but missing values",
    "unreadable": "values of a kind that is not read",
}
MISSING_TEXTS = ("", "?", "-", "na", "n/a", "#n/a", "nan", "null", "none")
"""What stands for a missing value, whatever its case."""
NUMBER_TEXT = r"^[+-]?((\d+\.?\d*|\.\d+)([eE][+-]?\d+)?|[Ii][Nn][Ff](inity)?)$"
"""What a number is, with a point before its decimals and no space around it."""
MISSING = "(missing)"
"""The value of a category where there is none."""
MOST_VALUES = 50
"""Of a category."""


@dataclass(frozen=True)
class Found:
    """A column as it was understood.

    numbers: of numbers and dates, (n,) float32, NaN where missing; codes: of a category, (n,)
    int8, the place of each value in `values`, -1 where missing; values: at most MOST_VALUES + 1
    are counted, or as many as were asked for; missing: how many are missing, those that are
    infinite or no number among them; distinct: of texts, how many there are; note: what a person
    should know, in sentences.
    """

    name: str
    what: What
    numbers: NDArray[np.float32] | None = None
    codes: NDArray[np.int8] | None = None
    values: tuple[str, ...] = ()
    missing: int = 0
    infinite: int = 0
    unread: int = 0
    distinct: int = 0
    examples: tuple[str, ...] = ()
    note: str = ""
