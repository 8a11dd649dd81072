"""What a corruption is: a seeded, vectorised function from clean images to damaged ones."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, ClassVar, Literal

from torch import Generator, Tensor

from aecore.config import Settings, knob
from aecore.errors import InputError
from aecore.registry import Registry
from aecore.samples import IMAGES, NOUNS, Kind

COLOURS = 3
Task = Literal["denoise", "fill", "enlarge", "colour"]
"""What it is to undo a corruption: all pixels are a little off, or some, details or colours are
gone."""


class Corruption(ABC):
    """Maps images to damaged images of the same shape: one file of this folder each.

    A corruption that has a strength declares it as the knob `level` of its config. It runs on
    the device of its input and draws only from the generator it is given, so that the same
    generator state gives the same damage.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    idea: ClassVar[str]
    """One sentence for a person: what it does to an image."""
    task: ClassVar[Task] = "denoise"
    needs_colour: ClassVar[bool] = False
    """Whether images must have three channels: red, green and blue."""
    kinds: ClassVar[frozenset[Kind]] = IMAGES
    """What it can damage."""

    class Config(Settings):
        """Settings of this corruption."""

    def __init__(self, config: Settings) -> None:
        self.config = config

    def on(self, kind: Kind) -> Corruption:
        """The same for samples of a kind: what is no image has no range to be cut back to."""
        if kind == "image" or "clip" not in type(self.config).model_fields:
            return self
        return type(self)(self.config.model_copy(update={"clip": False}))

    @classmethod
    def fits(cls, shape: Sequence[int], kind: Kind = "image") -> bool:
        """Whether it can damage samples of a shape (C, H, W) and a kind."""
        return kind in cls.kinds and (shape[0] == COLOURS or not cls.needs_colour)

    @classmethod
    def check(cls, shape: Sequence[int], kind: Kind = "image") -> None:
        """Raises InputError where it cannot damage samples of a shape (C, H, W) and a kind."""
        if kind not in cls.kinds:
            raise InputError(
                f"{cls.title} damages images, and these are {NOUNS[kind][1]}; choose Gaussian "
                "noise, masking or none."
            )
        if not cls.fits(shape, kind):
            raise InputError(
                f"{cls.title} needs images of red, green and blue, and these have {shape[0]} "
                "channel(s); choose another corruption, or a data set in colour."
            )

    @abstractmethod
    def __call__(self, x: Tensor, generator: Generator) -> Tensor:
        """Damage a batch.

        Args:
            x: (n, channels, height, width) float, in [0, 1]; left unchanged.
            generator: on the device of `x`.
        """


class Erasing(Corruption):
    """Takes pixels away, all channels at once, and leaves the others as they are."""

    task = "fill"

    @abstractmethod
    def mask(self, x: Tensor, generator: Generator) -> Tensor:
        """What the next call with the same generator state will blacken: (n, 1, H, W) bool."""

    def __call__(self, x: Tensor, generator: Generator) -> Tensor:
        return x.masked_fill(self.mask(x, generator), 0.0)


def clip_knob() -> Any:
    """Declare `clip`, for corruptions whose formula can leave the range of pixels."""
    return knob(
        True,
        "Cut damaged pixels back to the range 0 to 1, as a camera would. "
        "Turn it off where the noise must keep exactly its mean and variance.",
        label="Clip to 0–1",
    )


corruptions: Registry[type[Corruption]] = Registry("corruption")
