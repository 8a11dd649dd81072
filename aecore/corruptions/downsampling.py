"""Downsampling: the mean of each block of level × level pixels, shown as large as the image was."""

from torch import Generator, Tensor
from torch.nn.functional import avg_pool2d

from aecore.config import Settings, knob
from aecore.corruptions.base import Corruption, corruptions


@corruptions.register("downsampling")
class Downsampling(Corruption):
    """Makes images smaller, and repeats each pixel of the small image (nearest neighbour).

    Blocks are counted from the upper left corner. Where the side is no multiple of the factor,
    the last blocks are cut off by the edge, and are the mean of the pixels that they have.
    """

    title = "Downsampling"
    idea = "Makes the image smaller, so that its details are gone, and shows it in large squares."
    task = "enlarge"

    class Config(Settings):
        level: int = knob(
            2,
            "How many times smaller each side becomes: 2 leaves a quarter of the pixels.",
            low=2,
            high=16,
            label="Factor",
        )

    config: Config

    def __call__(self, x: Tensor, generator: Generator) -> Tensor:  # noqa: ARG002
        factor = self.config.level
        # In this mode the last window counts only the pixels inside the image.
        small = avg_pool2d(x, factor, ceil_mode=True)
        large = small.repeat_interleave(factor, 2).repeat_interleave(factor, 3)
        return large[..., : x.shape[2], : x.shape[3]]
