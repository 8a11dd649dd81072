"""What a score is: fitted on normal images, it gives each further image a number, high for odd."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar, NamedTuple

import numpy as np
from numpy.typing import NDArray

from aecore.registry import Registry

Scores = NDArray[np.float64]
"""(n,) float64: one number an image, higher for what looks odder."""


@dataclass(frozen=True)
class Views:
    """The same n images as the different scores see them.

    pixels: (n, d) float32 in [0, 1]; errors: (n,) float64, the mean squared error per pixel of the
    model's reconstruction; codes: (n, k) float32, or None for a model without a code.
    """

    pixels: NDArray[np.float32]
    errors: Scores
    codes: NDArray[np.float32] | None = None

    def __len__(self) -> int:
        return len(self.pixels)

    def part(self, rows: slice | NDArray[np.int64]) -> Views:
        """Some of the images."""
        codes = None if self.codes is None else self.codes[rows]
        return Views(self.pixels[rows], self.errors[rows], codes)

    @property
    def code(self) -> NDArray[np.float32]:
        """The codes, for a score that needs them."""
        if self.codes is None:
            raise TypeError("this score needs codes, and the model has none")
        return self.codes


class Fitted(NamedTuple):
    """A score ready for use, and in a few words how it was set."""

    score: Callable[[Views], Scores]
    setting: str


class Method(ABC):
    """One way to tell odd images from normal ones: one file of this folder each, by name.

    `idea` is one sentence for a person; `of_run` says whether the score is made by the model
    itself, the others are what it has to be compared with; `needs_code` whether it asks for a
    code, or for its size; `most` how many training images it is fitted on at most, so that the
    slow ones end in seconds.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    idea: ClassVar[str]
    of_run: ClassVar[bool] = False
    needs_code: ClassVar[bool] = False
    most: ClassVar[int] = 10_000

    @abstractmethod
    def fit(self, train: Views, validation: Views, seed: int) -> Fitted:
        """Learn what is normal.

        Args:
            train: what the model was trained on, at least 2 images.
            validation: normal images that it was not trained on, at least 2.
            seed: repeats what is drawn at random.
        """


methods: Registry[type[Method]] = Registry("score")
