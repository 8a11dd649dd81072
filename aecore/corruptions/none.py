"""No corruption: the network sees the clean image."""

from torch import Generator, Tensor

from aecore.corruptions.base import Corruption, corruptions
from aecore.samples import ANY


@corruptions.register("none")
class NoCorruption(Corruption):
    """The identity."""

    title = "None"
    idea = "The network sees the clean image."
    kinds = ANY

    def __call__(self, x: Tensor, generator: Generator) -> Tensor:  # noqa: ARG002
        return x
