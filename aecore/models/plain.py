"""What the deterministic variants share: a network's two halves around a plain code."""

from __future__ import annotations

from torch import Tensor

from aecore.models.base import Autoencoder
from aecore.networks import Network


class Plain(Autoencoder):
    """An encoder and a decoder made by the chosen network. Abstract: a variant adds its loss."""

    def build(self, network: Network) -> None:
        self.encoder = network.encoder(self.config.latent_dim)
        self.decoder = network.decoder(self.config.latent_dim)

    def encode(self, x: Tensor) -> Tensor:
        return self.encoder(x - self.mean)

    def decode_raw(self, z: Tensor) -> Tensor:
        return self.decoder(z) + self.offset
