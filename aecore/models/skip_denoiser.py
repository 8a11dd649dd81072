"""The skip-connection denoiser: encoder, decoder, and one way around what lies between them.

E || x - g(y) ||² over clean images x and their damage y, where a map of half the picture's size is
added to the decoder's map of that size (Mao et al. 2016, equation 2). The layers are those of the
CIFAR-10 example in github.com/05rs/Autoencoders: on three channels 94,659 weights, and 512 running
statistics of batch norm, which Keras counts in its 95,171. Unlike `unet_denoiser` it draws the
whole picture and not a correction, so it has to learn even to copy.
"""

from __future__ import annotations

from math import prod

from torch import Tensor, nn

from aecore.config import knob
from aecore.models.base import variants
from aecore.models.bridged import Bridged, BridgedConfig
from aecore.networks import Network
from aecore.networks.halving import doubling, halvings

SLOPE = 0.3
"""Of the leaky ReLUs below zero: Keras' own, as published."""


@variants.register("skip_denoiser")
class SkipDenoiser(Bridged):
    """Halves the picture three times, doubles it three times, and adds what it saw at half size."""

    title = "Skip-connection denoiser"
    idea = (
        "Cleans damaged images by squeezing and redrawing them, with one bridge at half size that "
        "brings back the detail. It compresses nothing: there is no code to explore."
    )
    paper = (
        "Mao et al., Image Restoration Using Very Deep Convolutional Encoder-Decoder Networks "
        "with Symmetric Skip Connections"
    )
    year = 2016
    suggested = {"corruption": "gaussian", "likelihood": "bce"}
    whole_batch = True  # batch norm, which cannot be switched off here

    class Config(BridgedConfig):
        channels: int = knob(
            32, "Channels at full and at half size; the middle has twice as many.", low=2, high=256,
            log=True,
        )  # fmt: skip
        feature_dropout: float = knob(
            0.5,
            "Share of hidden numbers switched off at random in training.",
            low=0,
            high=0.9,
            label="Dropout",
        )

    config: Config

    def build(self, network: Network) -> None:
        channels, wide = network.shape[0], self.config.channels
        full, half, quarter, eighth = halvings(network.shape[1:], 3)
        self.middle = (2 * wide, *eighth)
        self.down = nn.Sequential(
            nn.Conv2d(channels, wide, 3, padding=1),
            *_normed(nn.ReLU(), wide),
            *self._pool_and_drop(),
            nn.Conv2d(wide, wide, 3, padding=1),
        )
        self.inward = nn.Sequential(
            *_normed(nn.LeakyReLU(SLOPE), wide),
            *self._pool_and_drop(),
            nn.Conv2d(wide, 2 * wide, 3, padding=1),
            *_normed(nn.ReLU(), 2 * wide),
            nn.MaxPool2d(2, ceil_mode=True),
        )
        self.outward = nn.Sequential(
            doubling(2 * wide, 2 * wide, quarter),
            *_normed(nn.ReLU(), 2 * wide),
            nn.Dropout(self.config.feature_dropout),
            doubling(2 * wide, wide, half),
            *_normed(nn.ReLU(), wide),
            nn.Dropout(self.config.feature_dropout),
            nn.Conv2d(wide, wide, 3, padding=1),  # as published: of step one, transposed is plain
        )
        self.up = nn.Sequential(*_normed(nn.LeakyReLU(SLOPE), wide), doubling(wide, channels, full))

    @property
    def code_size(self) -> int:
        """How many numbers the narrow middle has."""
        return prod(self.middle)

    def encode(self, x: Tensor) -> Tensor:
        """The narrow middle, flattened: (n, code_size)."""
        return self.inward(self.down(x - self.mean)).flatten(1)

    def decode_raw(self, z: Tensor) -> Tensor:
        """What the narrow middle says by itself, the bridge silent."""
        return self.offset + self.up(self.outward(z.view(-1, *self.middle)))

    def cleaned_raw(self, x: Tensor) -> Tensor:
        bridge = self.down(x - self.mean)
        return self.offset + self.up(self.outward(self.inward(bridge)) + bridge)

    def _pool_and_drop(self) -> list[nn.Module]:
        return [nn.MaxPool2d(2, ceil_mode=True), nn.Dropout(self.config.feature_dropout)]


def _normed(activation: nn.Module, channels: int) -> list[nn.Module]:
    return [activation, nn.BatchNorm2d(channels)]
