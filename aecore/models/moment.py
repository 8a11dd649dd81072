"""Where training stands: what a loss may ask of the moment in which it is computed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import NamedTuple

from torch import Tensor


@dataclass(frozen=True, slots=True)
class Moment:
    """Where training stands while a loss is computed, and which images the batch holds.

    progress: share of all steps that are done, 0 to 1. classes: the class of each image of the
    split, (N,) int64; rows: where in the split the batch's images are, (n,) int64. Both are None
    where images of unknown origin are measured.
    """

    progress: float = 1.0
    classes: Tensor | None = None
    rows: Tensor | None = None

    @property
    def labels(self) -> Tensor | None:
        """The classes of the batch, (n,) int64, where they are known."""
        known = self.classes is not None and self.rows is not None
        return self.classes[self.rows] if known else None  # type: ignore[index]

    def part(self, rows: slice) -> Moment:
        """The same for some of the batch's images."""
        return replace(self, rows=None if self.rows is None else self.rows[rows])


class Phase(NamedTuple):
    """A part of training: what it is called, and after which share of all steps it starts."""

    title: str
    start: float
