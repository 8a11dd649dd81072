"""Enlarging small images by a smooth curve through their pixels; nothing is learnt."""

from typing import ClassVar

from torch import Tensor
from torch.nn.functional import interpolate

from aecore.corruptions.downsampling import Downsampling
from aecore.errors import InputError
from aecore.restoration.base import Damage, Restorer, restorers


class Enlargement(Restorer):
    """Takes one pixel of each block, which are the small image, and enlarges that.

    Blocks that the edge cuts off are enlarged as whole ones, and cut off again.
    """

    tasks = ("enlarge",)
    mode: ClassVar[str]
    _factor: int

    def fit(self, clean: Tensor, damage: Damage) -> None:  # noqa: ARG002
        if not isinstance(damage.corruption, Downsampling):
            raise InputError(
                f"{self.title} enlarges images that were made smaller, "
                f"and these have: {damage.corruption.title}; choose another method."
            )
        self._factor = damage.corruption.config.level

    def restore(self, damaged: Tensor, strength: float) -> Tensor:  # noqa: ARG002
        height, width = damaged.shape[-2:]
        small = damaged[..., :: self._factor, :: self._factor]
        # Nothing becomes smaller here: this asks for the kernels that Pillow has (Keys, a = −0.5).
        large = interpolate(
            small, scale_factor=self._factor, mode=self.mode, align_corners=False, antialias=True
        )
        return large[..., :height, :width].contiguous()


@restorers.register("bilinear")
class Bilinear(Enlargement):
    """Straight lines from pixel to pixel."""

    title = "Bilinear"
    idea = "Draws straight lines of brightness between the pixels of the small image."
    mode = "bilinear"


@restorers.register("bicubic")
class Bicubic(Enlargement):
    """Cubic convolution: Keys 1981."""

    title = "Bicubic"
    idea = "Draws smooth curves of brightness through the pixels of the small image."
    mode = "bicubic"
