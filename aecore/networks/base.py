"""What a network is: a maker of encoders and decoders for any image shape. It knows no loss."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import ClassVar, Literal

from torch import nn

from aecore.config import Settings, knob
from aecore.registry import Registry
from aecore.samples import ANY, Kind

Shape = tuple[int, int, int]
Activation = Literal["relu", "silu", "elu", "tanh", "sigmoid"]

ACTIVATIONS: dict[str, type[nn.Module]] = {
    "relu": nn.ReLU,
    "silu": nn.SiLU,
    "elu": nn.ELU,
    "tanh": nn.Tanh,
    "sigmoid": nn.Sigmoid,
}


class NetworkConfig(Settings):
    """What the settings of every network answer; there is no knob that all of them have."""

    @property
    def mixes_images(self) -> bool:
        """Whether what becomes of an image in training depends on the others of its batch."""
        return False


class HiddenConfig(NetworkConfig):
    """The knobs of networks whose hidden layers can be chosen."""

    depth: int = knob(2, "Hidden layers in the encoder; the decoder has as many.", low=1, high=6)
    width: int = knob(256, "Size of the widest layer.", low=4, high=4096, log=True)
    activation: Activation = knob("silu", "The bend between two layers; without it all is linear.")
    dropout: float = knob(
        0.0, "Share of hidden numbers switched off at random in training.", low=0, high=0.9
    )
    batch_norm: bool = knob(
        False, "Rescale hidden numbers by the statistics of each batch.", label="Batch norm"
    )

    @property
    def mixes_images(self) -> bool:
        return self.batch_norm


class Network(ABC):
    """Makes the two halves of an autoencoder for images of one shape.

    Raises InputError from its constructor where the shape and the config do not go together.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    idea: ClassVar[str]
    kinds: ClassVar[frozenset[Kind]] = ANY
    """What it can encode; it cannot tell from a shape."""

    class Config(NetworkConfig):
        """Settings of this network."""

    def __init__(self, config: NetworkConfig, shape: Shape) -> None:
        self.config = config
        self.shape = shape

    @abstractmethod
    def encoder(self, out_features: int) -> nn.Sequential:
        """Layers from (n, *shape) to (n, out_features)."""

    @abstractmethod
    def decoder(self, in_features: int) -> nn.Sequential:
        """Layers from (n, in_features) to (n, *shape)."""


class HiddenNetwork(Network):
    """Abstract: a network whose hidden layers can be chosen."""

    class Config(HiddenConfig):
        """Settings of this network."""

    config: HiddenConfig

    def activation(self) -> nn.Module:
        """A fresh activation layer as the config says."""
        return ACTIVATIONS[self.config.activation]()


networks: Registry[type[Network]] = Registry("network")
