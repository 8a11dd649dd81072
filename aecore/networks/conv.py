"""Convolutions that halve the picture at every level, and the exact way back.

A level halves by a step of two (strided), by the largest of each 2×2 numbers (pooled, as Masci et
al. 2011), or in a residual block (He et al. 2016), which the way back then has as well.
The way back enlarges by nearest neighbour to the very size that the encoder saw at that level,
then convolves: no cropping for odd sizes and no checkerboard (Odena, Dumoulin and Olah 2016).
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
        if min(self.sizes[-2]) < 2:
            raise InputError(
                f"Images of {shape[1]}×{shape[2]} pixels cannot be halved {config.depth} times; "
                f"choose a depth of at most {(min(shape[1:]) - 1).bit_length()}."
            )
        widths = [
            max(4, config.width >> (config.depth - level)) for level in range(1, config.depth)
        ]
        self.channels = [shape[0], *widths, config.width]

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
                layers.append(nn.Conv2d(fan_in, fan_out, 3, padding=1))
            elif self.config.downsampling == "residual":
                layers += self._residual(fan_in, fan_out, 1)
            else:
                layers += [nn.Conv2d(fan_in, fan_out, 3, padding=1), *self._after(fan_out)]
        return nn.Sequential(*layers)

    def _down(self, fan_in: int, fan_out: int) -> list[nn.Module]:
        if self.config.downsampling == "residual":
            return self._residual(fan_in, fan_out, 2)
        if self.config.downsampling == "pooled":
            convolved = [nn.Conv2d(fan_in, fan_out, 3, padding=1), *self._after(fan_out)]
            return [*convolved, nn.MaxPool2d(2, ceil_mode=True)]
        return [nn.Conv2d(fan_in, fan_out, 3, stride=2, padding=1), *self._after(fan_out)]

    def _residual(self, fan_in: int, fan_out: int, stride: int) -> list[nn.Module]:
        way = nn.Sequential(
            nn.Conv2d(fan_in, fan_out, 3, stride, padding=1),
            *self._after(fan_out),
            nn.Conv2d(fan_out, fan_out, 3, padding=1),
        )
        around = nn.Conv2d(fan_in, fan_out, 1, stride, bias=False)
        return [Residual(way, around), *self._after(fan_out)]

    def _deepest(self) -> Shape:
        return (self.channels[-1], *self.sizes[-1])

    def _after(self, channels: int) -> list[nn.Module]:
        layers: list[nn.Module] = [nn.BatchNorm2d(channels)] if self.config.batch_norm else []
        layers.append(self.activation())
        if self.config.dropout:
            layers.append(nn.Dropout2d(self.config.dropout))
        return layers
