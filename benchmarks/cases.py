"""What is trained: the same layers for every trainer, from the same first weights."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from math import prod

import torch
from torch import nn

from aecore.networks import Network, NetworkConfig, Shape, networks
from aecore.networks.chain import Chain

SHAPE: Shape = (1, 28, 28)
BATCH = 128


def fully_connected(*sizes: int) -> list[nn.Module]:
    """Linear layers with ReLU between, none after the last."""
    layers: list[nn.Module] = []
    for fan_in, fan_out in pairwise(sizes):
        layers += [nn.Linear(fan_in, fan_out), nn.ReLU()]
    return layers[:-1]


class Mlp(Network):
    """784 pixels, the hidden sizes given, the code; and the same way back."""

    hidden: tuple[int, ...]

    def encoder(self, out_features: int) -> nn.Sequential:
        return Chain(nn.Flatten(), *fully_connected(prod(self.shape), *self.hidden, out_features))

    def decoder(self, in_features: int) -> nn.Sequential:
        sizes = (in_features, *reversed(self.hidden), prod(self.shape))
        return Chain(*fully_connected(*sizes), nn.Unflatten(1, self.shape))


def mlp(*hidden: int) -> Network:
    network = Mlp(NetworkConfig(), SHAPE)
    network.hidden = hidden
    return network


def conv() -> Network:
    """The library's own convolutional network, 1-32-64 channels."""
    kind = networks["conv"]
    return kind(kind.Config.parse({"width": 64, "depth": 2, "activation": "relu"}), SHAPE)


@dataclass(frozen=True)
class Case:
    """A model to train, how long, and how much faster than each peer we must be.

    A trainer's fixed costs weigh by the number of epochs; `--epochs 1` shows them at their worst.
    """

    name: str
    network: Callable[[], Network]
    code: int
    epochs: int
    targets: dict[str, float]

    def halves(self) -> tuple[nn.Sequential, nn.Sequential]:
        """Encoder and decoder with the same weights at every call."""
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(0)
            network = self.network()
            return network.encoder(self.code), network.decoder(self.code)


CASES = [
    Case("mlp 784-64-16", lambda: mlp(64), 16, 5, {"naive": 5.0}),
    Case("mlp 784-512-256-32", lambda: mlp(512, 256), 32, 5, {"naive": 2.3, "pythae": 1.7}),
    Case("conv 1-32-64", conv, 32, 1, {"naive": 1.15}),
]
