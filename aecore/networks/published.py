"""Two convolutional autoencoders as they were published, layer by layer: nothing to choose.

The denoiser of github.com/05rs/Autoencoders (64, 32 and 16 channels) and the two halves of Keras'
example of a VAE (Chollet 2020). On 28×28 grey pixels they have the published numbers of weights:
57,633 with a code of 784, which then is the encoder's last map itself, and 69,076 + 65,089 with a
Gaussian code of 2. At any other size of the code one dense layer joins it and the map.

As in conv.py the way back meets the very size that the encoder saw at each level. A transposed
convolution of step one is a convolution, and written as such. The published ReLU on the denoiser's
last map comes after the code and not before it: the copy is the same, and a code of any sign is
possible, as a posterior or a prior needs it.

The two ways mirror each other at the map alone. So what leads to it, and from it, is one piece
each: the stacked autoencoder trains pieces one after the other.
"""

from __future__ import annotations

from itertools import pairwise
from math import prod
from typing import Literal, TypeVar

from torch import nn

from aecore.config import knob
from aecore.networks.base import Network, NetworkConfig, Shape, networks
from aecore.networks.halving import doubling, halvings
from aecore.samples import IMAGES

Layer = TypeVar("Layer", nn.Linear, nn.Conv2d, nn.ConvTranspose2d)

DENSE = 16
"""Units of the hidden dense layer in the VAE's encoder."""


@networks.register("published")
class Published(Network):
    """Fixed layers with ReLUs between, on images of any size."""

    title = "Published"
    idea = "The very layers of two well-known teaching examples, to repeat what they report."
    kinds = IMAGES

    class Config(NetworkConfig):
        architecture: Literal["denoiser", "vae"] = knob(
            "denoiser",
            "Which example: the denoiser (64, 32 and 16 channels, pooled twice) or the halves of "
            "a VAE (32 and 64 channels in steps of two).",
        )
        dropout: float = knob(
            0.0,
            "Share of hidden numbers switched off at random in training (denoiser only, which "
            "was published with 0.3).",
            low=0,
            high=0.9,
        )

    config: Config

    def __init__(self, config: Config, shape: Shape) -> None:
        super().__init__(config, shape)
        self.sizes = halvings(shape[1:], 2)
        self.map: Shape = (16 if config.architecture == "denoiser" else 64, *self.sizes[-1])

    def encoder(self, out_features: int) -> nn.Sequential:
        count = prod(self.map)
        if self.config.architecture == "vae":
            dense = nn.Sequential(_dense(count, DENSE), nn.ReLU(), _dense(DENSE, out_features))
            return nn.Sequential(self._stepping_down(), nn.ReLU(), dense)
        if out_features == count:
            return nn.Sequential(self._pooling_down())
        return nn.Sequential(self._pooling_down(), nn.ReLU(), _dense(count, out_features))

    def decoder(self, in_features: int) -> nn.Sequential:
        count = prod(self.map)
        if self.config.architecture == "vae":
            return nn.Sequential(_dense(in_features, count), self._stepping_up())
        joined = [] if in_features == count else [_dense(in_features, count)]
        return nn.Sequential(*joined, self._enlarging_up())

    def _pooling_down(self) -> nn.Sequential:
        """(n, *shape) to the flat map, before its ReLU."""
        return nn.Sequential(
            _convolution(self.shape[0], 64, 5),
            nn.ReLU(),
            nn.MaxPool2d(2, ceil_mode=True),
            *self._dropout(),
            _convolution(64, 32, 3),
            nn.ReLU(),
            nn.MaxPool2d(2, ceil_mode=True),
            _convolution(32, 16, 3),
            nn.Flatten(),
        )

    def _enlarging_up(self) -> nn.Sequential:
        """The flat map, before its ReLU, to (n, *shape)."""
        return nn.Sequential(
            nn.Unflatten(1, self.map),
            nn.ReLU(),
            _convolution(16, 16, 3),
            nn.ReLU(),
            nn.Upsample(size=self.sizes[1]),
            *self._dropout(),
            _convolution(16, 32, 3),
            nn.ReLU(),
            nn.Upsample(size=self.sizes[0]),
            *self._dropout(),
            _convolution(32, 32, 5),
            nn.ReLU(),
            _convolution(32, self.shape[0], 3),
        )

    def _stepping_down(self) -> nn.Sequential:
        """(n, *shape) to the flat map, before its ReLU."""
        first, second = _convolution(self.shape[0], 32, 3, 2), _convolution(32, 64, 3, 2)
        return nn.Sequential(first, nn.ReLU(), second, nn.Flatten())

    def _stepping_up(self) -> nn.Sequential:
        """The flat map, before its ReLU, to (n, *shape)."""
        layers: list[nn.Module] = [nn.Unflatten(1, self.map), nn.ReLU()]
        for (fan_in, fan_out), size in zip(pairwise((64, 64, 32)), self.sizes[1::-1], strict=True):
            layers += [_started(doubling(fan_in, fan_out, size)), nn.ReLU()]
        return nn.Sequential(*layers, _convolution(32, self.shape[0], 3))

    def _dropout(self) -> list[nn.Module]:
        return [nn.Dropout(self.config.dropout)] if self.config.dropout else []


def _convolution(fan_in: int, fan_out: int, kernel: int, step: int = 1) -> nn.Conv2d:
    return _started(nn.Conv2d(fan_in, fan_out, kernel, step, padding=kernel // 2))


def _dense(fan_in: int, fan_out: int) -> nn.Linear:
    return _started(nn.Linear(fan_in, fan_out))


def _started(layer: Layer) -> Layer:
    """The layer with weights as Glorot and Bengio 2010 start them, as published.

    From torch's own start a tenth of that signal comes through the denoiser's seven layers.
    """
    for parameter in layer.parameters():
        start = nn.init.xavier_uniform_ if parameter.dim() > 1 else nn.init.zeros_
        start(parameter)
    return layer
