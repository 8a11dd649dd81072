"""What the deterministic variants share: a network's two halves around a plain code."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from aecore.models.base import Autoencoder, ByHand
from aecore.networks import Network
from aecore.networks.chain import Chain, backward, forward


class Plain(Autoencoder):
    """An encoder and a decoder made by the chosen network. Abstract: a variant adds its loss."""

    def build(self, network: Network) -> None:
        self.encoder = network.encoder(self.config.latent_dim)
        self.decoder = network.decoder(self.config.latent_dim)

    def encode(self, x: Tensor) -> Tensor:
        return self.encoder(x - self.mean)

    def decode_raw(self, z: Tensor) -> Tensor:
        return self.decoder(z) + self.offset

    def copy_by_hand(self, x: Tensor, target: Tensor) -> ByHand | None:
        """The reconstruction term and its gradients, where both halves are chains; else None."""
        links = self._links()
        if links is None or self.layout.groups:
            return None
        with torch.no_grad():
            passed = forward(links, (x - self.mean).flatten(1))
            raw = passed[-1].after.add_(self.offset.flatten())
            step = _mse if self.config.likelihood == "mse" else _bce
            loss = step(raw, target.flatten(1))
            return {"reconstruction": loss}, backward(passed, raw)

    def _links(self) -> list[nn.Module] | None:
        """Both halves as one row of links, where the network is such a row."""
        halves = [half.links() for half in (self.encoder, self.decoder) if isinstance(half, Chain)]
        if len(halves) < 2 or None in halves:
            return None
        return [link for half in halves for link in half or ()]


def _mse(raw: Tensor, target: Tensor) -> Tensor:
    """The distance; raw becomes its gradient."""
    count = len(raw)
    error = raw.sub_(target).view(-1)
    loss = torch.dot(error, error) / count
    raw.mul_(2 / count)
    return loss


def _bce(raw: Tensor, target: Tensor) -> Tensor:
    """The same for logits."""
    loss = F.binary_cross_entropy_with_logits(raw, target, reduction="sum") / len(raw)
    raw.sigmoid_().sub_(target).div_(len(raw))
    return loss
