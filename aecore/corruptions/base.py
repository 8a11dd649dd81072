"""What a corruption is: a seeded, vectorised function from clean images to damaged ones."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import ClassVar

from torch import Generator, Tensor

from aecore.config import Settings
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


corruptions: Registry[type[Corruption]] = Registry("corruption")
