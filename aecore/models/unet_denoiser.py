"""The U-Net denoiser: a way down and up again, with bridges between the same heights.

x_hat = x_noisy + v(x_noisy), E || x - x_hat ||²: the network v learns minus the noise (Zhang et al.
2017, equation 1) and is a U-Net (Ronneberger et al. 2015), as in Mao et al. 2016. Its last layer
starts at zero, so that training starts from the damaged image. The picture goes around the narrow
middle: with clean input it is copied whatever the middle holds, which therefore is no code.
"""

from __future__ import annotations

from itertools import pairwise
from math import prod

import torch
from torch import Tensor, nn

from aecore.config import knob
from aecore.errors import InputError
from aecore.models.base import variants
from aecore.models.bridged import Bridged, BridgedConfig
from aecore.networks import Network
from aecore.networks.halving import halvings

DARKEST = 1e-3
"""Pixels are kept this far from 0 and 1 where their logit is taken."""


def convolutions(fan_in: int, fan_out: int) -> nn.Sequential:
    """Two 3×3 convolutions, each with a ReLU; the size stays.

    Their weights start as in He et al. 2015: from torch's own start the signal halves at each
    layer, and nearly nothing is left of it after ten.
    """
    layers: list[nn.Module] = []
    for channels in (fan_in, fan_out):
        convolution = nn.Conv2d(channels, fan_out, 3, padding=1)
        nn.init.kaiming_normal_(convolution.weight, nonlinearity="relu")
        layers += [convolution, nn.ReLU()]
    return nn.Sequential(*layers)


@variants.register("unet_denoiser")
class UNetDenoiser(Bridged):
    """Removes damage; compresses nothing."""

    title = "U-Net denoiser"
    idea = (
        "Cleans damaged images, with bridges that carry every detail around its narrow middle. "
        "So it loses little of a picture and compresses nothing: there is no code to explore."
    )
    paper = "Ronneberger et al., U-Net: Convolutional Networks for Biomedical Image Segmentation"
    year = 2015

    class Config(BridgedConfig):
        channels: int = knob(
            16, "Channels at full size; each level below has twice as many.", low=2, high=256,
            log=True,
        )  # fmt: skip
        halvings: int = knob(2, "How often the picture is halved.", low=1, high=5)

    config: Config

    def build(self, network: Network) -> None:
        channels, height, width = network.shape
        count = self.config.halvings
        if min(height, width) <= 2 ** (count - 1):
            raise InputError(
                f"Images of {height}×{width} pixels cannot be halved {count} times; choose at most "
                f"{(min(height, width) - 1).bit_length()} halvings."
            )
        widths = [self.config.channels << level for level in range(count + 1)]
        self.down = nn.ModuleList(convolutions(*pair) for pair in pairwise([channels, *widths]))
        self.up = nn.ModuleList(
            convolutions(low + high, high) for high, low in reversed(list(pairwise(widths)))
        )
        self.last = nn.Conv2d(widths[0], channels, 1)
        for parameter in self.last.parameters():
            nn.init.zeros_(parameter)
        sizes = halvings((height, width), count)
        self.heights = [(wide, *size) for wide, size in zip(widths, sizes, strict=True)]

    @property
    def code_size(self) -> int:
        """How many numbers the narrow middle has; most are more than the image has."""
        return prod(self.heights[-1])

    def encode(self, x: Tensor) -> Tensor:
        """The narrow middle, flattened: (n, code_size)."""
        return self._descend(x)[-1].flatten(1)

    def decode_raw(self, z: Tensor) -> Tensor:
        """What the narrow middle says by itself, all bridges silent."""
        bridges = [z.new_zeros(len(z), *height) for height in self.heights[:-1]]
        return self.offset + self._ascend([*bridges, z.view(-1, *self.heights[-1])])

    def cleaned_raw(self, x: Tensor) -> Tensor:
        start = x.clamp(DARKEST, 1 - DARKEST).logit() if self.config.likelihood == "bce" else x
        return start + self._ascend(self._descend(x))

    def _descend(self, x: Tensor) -> list[Tensor]:
        """What each level sees, from full size to the narrow middle."""
        h = x - self.mean
        seen = []
        for level, layers in enumerate(self.down):
            h = layers(nn.functional.max_pool2d(h, 2, ceil_mode=True) if level else h)
            seen.append(h)
        return seen

    def _ascend(self, seen: list[Tensor]) -> Tensor:
        """The correction of the image from what each level saw."""
        *bridges, h = seen
        for layers, bridge in zip(self.up, reversed(bridges), strict=True):
            h = nn.functional.interpolate(h, size=bridge.shape[2:])
            h = layers(torch.cat([h, bridge], 1))
        return self.last(h)
