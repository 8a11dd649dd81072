"""Convolutions that halve the picture at every level, and the exact way back.

A level halves by a step of two (strided), by the largest of each 2×2 numbers (pooled, as Masci et
al. 2011), or in a residual block (He et al. 2016), which the way back then has as well.
The way back enlarges by nearest neighbour to the very size that the encoder saw at that level,
then convolves: no cropping for odd sizes and no checkerboard (Odena, Dumoulin and Olah 2016).

A window of a time series is a picture of height 1: there all this happens along the time alone,
with kernels of three steps.
"""

from itertools import pairwise
from math import prod
from typing import Literal

from torch import Tensor, nn

from aecore.config import knob
from aecore.errors import InputError
from aecore.networks.base import HiddenConfig, HiddenNetwork, Shape, networks
from aecore.networks.halving import halvings
from aecore.samples import IMAGES


class Residual(nn.Module):
    """The sum of two ways from the same input."""

    def __init__(self, way: nn.Module, around: nn.Module) -> None:
        super().__init__()
        self.way = way
        self.around = around

    def forward(self, x: Tensor) -> Tensor:
        return self.way(x) + self.around(x)


@networks.register("conv")
class Conv(HiddenNetwork):
    """3×3 convolutions that halve; each level has twice the channels of the one before."""

    title = "Convolutional"
    idea = "Slides small filters over the picture. Slower, and better for larger images."
    kinds = IMAGES | {"series"}

    class Config(HiddenConfig):
        width: int = knob(
            64,
            "Channels of the deepest level; each level before has half.",
            low=4,
            high=1024,
            log=True,
        )
        downsampling: Literal["strided", "pooled", "residual"] = knob(
            "strided",
            "How a level halves the picture: by a step of two, by keeping the largest of four "
            "numbers, or in a block with a way around it, which helps deep networks to learn.",
        )

    config: Config

    def __init__(self, config: Config, shape: Shape) -> None:
        super().__init__(config, shape)
        self.sizes = halvings(shape[1:], config.depth)
        self._check()
        widths = [
            max(4, config.width >> (config.depth - level)) for level in range(1, config.depth)
        ]
        self.channels = [shape[0], *widths, config.width]

    def _check(self) -> None:
        """Raises InputError where nothing is left to halve."""
        _, height, width = self.shape
        shorter = width if self._flat else min(height, width)
        most = (shorter - 1).bit_length()
        if most < 1:
            raise InputError("Windows of one step have nothing to halve; choose the network mlp.")
        if self.config.depth > most:
            what = (
                f"Windows of {width} steps" if self._flat else f"Images of {height}×{width} pixels"
            )
            raise InputError(
                f"{what} cannot be halved {self.config.depth} times; "
                f"choose a depth of at most {most}."
            )

    @property
    def _flat(self) -> bool:
        """Whether these are windows of a time series."""
        return self.shape[1] == 1

    def encoder(self, out_features: int) -> nn.Sequential:
        layers: list[nn.Module] = []
        for fan_in, fan_out in pairwise(self.channels):
            layers += self._down(fan_in, fan_out)
        return nn.Sequential(*layers, nn.Flatten(), nn.Linear(prod(self._deepest()), out_features))

    def decoder(self, in_features: int) -> nn.Sequential:
        first = [nn.Linear(in_features, prod(self._deepest())), nn.Unflatten(1, self._deepest())]
        layers: list[nn.Module] = [*first, self.activation()]
        steps = list(zip(pairwise(reversed(self.channels)), reversed(self.sizes[:-1]), strict=True))
        for level, ((fan_in, fan_out), size) in enumerate(steps, start=1):
            layers.append(nn.Upsample(size=size))
            if level == len(steps):
                layers.append(self._convolution(fan_in, fan_out))
            elif self.config.downsampling == "residual":
                layers += self._residual(fan_in, fan_out, 1)
            else:
                layers += [self._convolution(fan_in, fan_out), *self._after(fan_out)]
        return nn.Sequential(*layers)

    def _down(self, fan_in: int, fan_out: int) -> list[nn.Module]:
        if self.config.downsampling == "residual":
            return self._residual(fan_in, fan_out, 2)
        if self.config.downsampling == "pooled":
            convolved = [self._convolution(fan_in, fan_out), *self._after(fan_out)]
            return [*convolved, nn.MaxPool2d(self._along(2, 1), ceil_mode=True)]
        return [self._convolution(fan_in, fan_out, 2), *self._after(fan_out)]

    def _residual(self, fan_in: int, fan_out: int, stride: int) -> list[nn.Module]:
        way = nn.Sequential(
            self._convolution(fan_in, fan_out, stride),
            *self._after(fan_out),
            self._convolution(fan_out, fan_out),
        )
        around = nn.Conv2d(fan_in, fan_out, 1, self._along(stride, 1), bias=False)
        return [Residual(way, around), *self._after(fan_out)]

    def _convolution(self, fan_in: int, fan_out: int, stride: int = 1) -> nn.Conv2d:
        """Three numbers wide, and three high where there is a height."""
        kernel, padding = self._along(3, 1), self._along(1, 0)
        return nn.Conv2d(fan_in, fan_out, kernel, self._along(stride, 1), padding)

    def _along(self, each: int, flat: int) -> tuple[int, int]:
        """(height, width) of a kernel or step: the same for both, but `flat` for a window."""
        return flat if self._flat else each, each

    def _deepest(self) -> Shape:
        return (self.channels[-1], *self.sizes[-1])

    def _after(self, channels: int) -> list[nn.Module]:
        layers: list[nn.Module] = [nn.BatchNorm2d(channels)] if self.config.batch_norm else []
        layers.append(self.activation())
        if self.config.dropout:
            layers.append(nn.Dropout2d(self.config.dropout))
        return layers
