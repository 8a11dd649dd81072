"""What a classical restorer is: from damaged images back to clean ones, without a network."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

from torch import Generator, Tensor

from aecore.corruptions import Corruption
from aecore.corruptions.base import Task
from aecore.registry import Registry


@dataclass(frozen=True)
class Damage:
    """Damages a batch of images in [0, 1], (n, C, H, W), otherwise at each call.

    tick: called before each; what it raises ends the work.
    """

    corruption: Corruption
    generator: Generator
    tick: Callable[[], None] = lambda: None

    def __call__(self, x: Tensor) -> Tensor:
        self.tick()
        return self.corruption(x, self.generator)


class Restorer(ABC):
    """One method: one file of this folder each. Nothing of it is chosen by looking at test images.

    strength: what its one number means, "" where it has none;
    strengths: the values that `choice.choose` tries, the gentlest first;
    tasks: which kinds of damage it can undo;
    marked: whether pixels that were taken away come in as NaN, or as black as they are.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    idea: ClassVar[str]
    """One sentence for a person: how it restores."""
    strength: ClassVar[str] = ""
    strengths: ClassVar[tuple[float, ...]] = (0.0,)
    tasks: ClassVar[tuple[Task, ...]] = ("denoise",)
    marked: ClassVar[bool] = False

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
            damaged: (n, C, H, W) float32, which may leave [0, 1]; left unchanged. NaN only where
                the class says so.
            strength: of the meaning that the class declares.
        """


restorers: Registry[type[Restorer]] = Registry("restoration method")


def suited(task: Task) -> tuple[str, ...]:
    """The names of the methods for a task."""
    return tuple(name for name, kind in restorers.items() if task in kind.tasks)
