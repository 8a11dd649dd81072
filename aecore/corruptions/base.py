"""What a corruption is: a seeded, vectorised function from clean images to damaged ones."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, ClassVar

from torch import Generator, Tensor

from aecore.config import Settings, knob
from aecore.registry import Registry


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

    class Config(Settings):
        """Settings of this corruption."""

    def __init__(self, config: Settings) -> None:
        self.config = config

    @abstractmethod
    def __call__(self, x: Tensor, generator: Generator) -> Tensor:
        """Damage a batch.

        Args:
            x: (n, channels, height, width) float, in [0, 1]; left unchanged.
            generator: on the device of `x`.
        """


class Erasing(Corruption):
    """Takes pixels away, all channels at once, and leaves the others as they are."""

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
