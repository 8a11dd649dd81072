"""What a sample can be, beside an image: a row of a table, a piece of a time series, a point.

Whatever it is, a sample is a tensor (C, H, W). Images are uint8 and stand for [0, 1]; everything
else is float32, already brought to a common scale (see datasets/scaling.py). A table row is
(1, 1, numbers), a time series (channels, 1, steps), a point (1, 1, coordinates).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:  # slow to import, and a process that only looks at files needs none of it
    from torch import Tensor

Kind = Literal["image", "table", "series", "points"]
ANY: frozenset[Kind] = frozenset({"image", "table", "series", "points"})
IMAGES: frozenset[Kind] = frozenset({"image"})
NOUNS: dict[Kind, tuple[str, str]] = {
    "image": ("image", "images"),
    "table": ("row", "rows"),
    "series": ("window", "windows"),
    "points": ("point", "points"),
}
"""What one sample is called, and several."""

Group = tuple[int, int]
"""Where a category's numbers begin and end in a flattened sample: one for each of its values."""


@dataclass(frozen=True)
class Column:
    """A column of a table, a coordinate, or a channel of a time series.

    values: of a category, its values in the order of their numbers; a category takes one number
    for each, 1 where the value is there and 0 elsewhere. All other columns take one number.
    mean, scale: a number x of the column stands in a sample as (x - mean) / scale.
    """

    name: str
    kind: Literal["number", "category"] = "number"
    values: tuple[str, ...] = ()
    mean: float = 0.0
    scale: float = 1.0

    @property
    def width(self) -> int:
        """How many numbers of a sample it takes."""
        return len(self.values) if self.kind == "category" else 1


FLAT = 1e-12
"""A standard deviation below this, in units of the largest value, is that of a constant."""


def scale_of(deviation: float, mean: float) -> float:
    """What numbers with this standard deviation are divided by: those of a constant by 1."""
    return deviation if deviation > FLAT * max(1.0, abs(mean)) else 1.0


def places(columns: tuple[Column, ...]) -> tuple[Group, ...]:
    """Where the numbers of each column begin and end in a flattened sample."""
    found, start = [], 0
    for column in columns:
        found.append((start, start + column.width))
        start += column.width
    return tuple(found)


def groups_of(columns: tuple[Column, ...]) -> tuple[Group, ...]:
    """The places of the categories alone."""
    pairs = zip(columns, places(columns), strict=True)
    return tuple(place for column, place in pairs if column.kind == "category")


def to_float(samples: Tensor) -> Tensor:
    """Samples as models see them, float32: uint8 images in [0, 1], all else as it is."""
    return samples if samples.is_floating_point() else samples * (1 / 255)


@dataclass(frozen=True)
class Layout:
    """What a model must know of its samples: what they are, and which numbers make a category."""

    kind: Kind = "image"
    groups: tuple[Group, ...] = ()


IMAGE = Layout()
