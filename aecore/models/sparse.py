"""The sparse autoencoder: a code of many numbers of which each image uses few.

One layer each way: pre = W (x - m) + b, z = s(pre), x_hat = D z + c + m, with m the average image
and columns of D of length 1 (Gao et al. 2024): else z / c with c · D would mean the same and look
less active. Sparsity is asked for by
- top_k: z keeps the k largest of pre, then ReLU (Makhzani and Frey 2013);
- l1: z = ReLU(pre), plus weight · sum_j z_j;
- kl: z = sigmoid(pre), plus weight · sum_j KL(rho || mean of z_j over the batch) (Lee, Ekanadham
  and Ng 2008). It asks for a small mean only: many numbers may each be a little on.
"""

from __future__ import annotations

from math import log, prod
from typing import Literal

import torch
from torch import Tensor, nn

from aecore.config import knob
from aecore.models.base import Autoencoder, ModelConfig, Terms, variants
from aecore.networks import Network

DEAD_AFTER = 10_000
"""Training images without a trace of a unit after which it counts as dead."""
EDGE = 1e-6
"""Mean activities are kept this far from 0 and 1, where the divergence is infinite."""


def top_k(pre: Tensor, k: int) -> Tensor:
    """Keep the k largest of each row, 0 elsewhere; of equal ones, no more than make up k.

    pre: (n, d) with d >= k.
    """
    kept, places = pre.topk(k, dim=1, sorted=False)
    return torch.zeros_like(pre).scatter(1, places, kept)


def bernoulli_kl(rho: float, mean: Tensor) -> Tensor:
    """KL(Bernoulli(rho) || Bernoulli(mean)) in nats, elementwise; mean in [0, 1]."""
    mean = mean.clamp(EDGE, 1 - EDGE)
    return rho * (rho / mean).log() + (1 - rho) * ((1 - rho) / (1 - mean)).log()


@variants.register("sparse")
class SparseAutoencoder(Autoencoder):
    """A dictionary of directions, few of which make up each image."""

    title = "Sparse autoencoder"
    idea = (
        "Has many more numbers in its code than it may use for one image. "
        "So each number comes to stand for a part, such as a stroke, that many images share."
    )
    paper = "Makhzani and Frey, k-Sparse Autoencoders"
    year = 2013
    family = "classic"
    suggested = {"latent_dim": 256}
    uses_network = False

    class Config(ModelConfig):
        sparsity: Literal["top_k", "l1", "kl"] = knob(
            "top_k",
            "What keeps the code sparse: only the largest numbers stay (top_k), all numbers cost "
            "(l1), or each is rarely on (kl, which needs batches of 100 images or more).",
        )
        active: int = knob(
            8, "Numbers that each image may use (top_k only).", low=1, high=4096, log=True
        )
        sparsity_weight: float = knob(
            0.3, "Weight of the cost of activity (l1 and kl only).", low=0.001, high=100, log=True
        )
        activity: float = knob(
            0.05, "Share of the images for which each number should be on (kl only).",
            low=0.005, high=0.5, log=True,
        )  # fmt: skip

    config: Config
    idle: Tensor

    def build(self, network: Network) -> None:
        pixels, units = prod(network.shape), self.config.latent_dim
        rho = self.config.activity
        self.encoder = nn.Linear(pixels, units)
        self.decoder = nn.Linear(units, pixels)
        with torch.no_grad():
            self._shorten()
            self.encoder.weight.copy_(self.decoder.weight.T)
            # Sigmoids begin as rarely on as asked for: from one half it takes thousands of steps.
            start = log(rho / (1 - rho)) if self.config.sparsity == "kl" else 0.0
            self.encoder.bias.fill_(start)
            self.decoder.bias.zero_()
        # The mean of a number over the batch is not the mean of its means over parts of it.
        self.whole_batch = self.config.sparsity == "kl"
        self.register_buffer("idle", torch.zeros(units, dtype=torch.int64))

    def encode(self, x: Tensor) -> Tensor:
        pre = self.encoder((x - self.mean).flatten(1))
        if self.config.sparsity == "kl":
            return pre.sigmoid()
        if self.config.sparsity == "top_k":
            pre = top_k(pre, min(self.config.active, self.config.latent_dim))
        return pre.relu()

    def decode_raw(self, z: Tensor) -> Tensor:
        return self.decoder(z).view(-1, *self.mean.shape) + self.offset

    def loss(self, x: Tensor, target: Tensor) -> Terms:
        z = self.encode(x)
        if self.training:
            self._watch(z.detach())
        terms = {"reconstruction": self.reconstruction(self.decode_raw(z), target)}
        weight = self.config.sparsity_weight
        if self.config.sparsity == "l1":
            terms["sparsity"] = weight * z.sum(1).mean()
        if self.config.sparsity == "kl":
            # Of a small batch's mean the divergence is too large: by about 1 / (2n) a number.
            terms["sparsity"] = weight * bernoulli_kl(self.config.activity, z.mean(0)).sum()
        return terms

    def after_step(self) -> None:
        self._shorten()

    def dead_units(self, codes: Tensor) -> int:
        """How many numbers of the code no image uses; codes: (n, latent_dim), of any images."""
        return int((~self._used(codes)).sum())

    def dead_in_training(self) -> int:
        """How many numbers none of the last 10,000 training images has used.

        In training on several processes, those of the first one are counted.
        """
        return int((self.idle >= DEAD_AFTER).sum())

    def _used(self, codes: Tensor) -> Tensor:
        """(latent_dim,) bool: whether some image turns a number on.

        A sigmoid is never 0: it is on where it is twice its mean or more, or beyond one half.
        """
        edge = min(2 * self.config.activity, 0.5) if self.config.sparsity == "kl" else 0.0
        return (codes > edge).any(0)

    def _watch(self, codes: Tensor) -> None:
        self.idle.add_(len(codes)).masked_fill_(self._used(codes), 0)

    def _shorten(self) -> None:
        """Give each column of the decoder's matrix length 1."""
        columns = self.decoder.weight
        columns.div_(torch.linalg.vector_norm(columns, dim=0).clamp_min(1e-12))
