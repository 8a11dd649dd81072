"""What a classical restorer is: from damaged images back to clean ones, without a network."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import ClassVar

from torch import Tensor

from aecore.registry import Registry

Damage = Callable[[Tensor], Tensor]
"""Damages a batch of images in [0, 1], (n, C, H, W), otherwise at each call."""


class Restorer(ABC):
    """One method: one file of this folder each. Nothing of it is chosen by looking at test images.

    strength: what its one number means, "" where it has none;
    strengths: the values that `choice.choose` tries, the gentlest first;
    tick: called while it learns, every second or two; what it raises ends the learning.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    idea: ClassVar[str]
    """One sentence for a person: how it restores."""
    strength: ClassVar[str] = ""
    strengths: ClassVar[tuple[float, ...]] = (0.0,)
    tick: Callable[[], object] = staticmethod(lambda: None)

    def fit(self, clean: Tensor, damage: Damage) -> None:  # noqa: B027  filters learn nothing
        """Learn from training images.

        Args:
            clean: (n, C, H, W) uint8, n of at least 1.
            damage: what is to be undone; it decides what is drawn.
        """

    @abstractmethod
    def restore(self, damaged: Tensor, strength: float) -> Tensor:
        """Restored images of the same shape, float32, as the method leaves them.

        Args:
            damaged: (n, C, H, W) float32, which may leave [0, 1]; left unchanged.
            strength: of the meaning that the class declares.
        """


restorers: Registry[type[Restorer]] = Registry("restoration method")
