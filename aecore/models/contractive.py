"""The contractive autoencoder: a code that answers to as few changes of the image as it can.

Reconstruction + weight · E ||J(x)||_F² with J = df/dx (Rifai et al. 2011, equation 1). For one
layer h = s(W x + b) that is sum_j s'_j² sum_i W_ji² with s' = h (1 - h) for the sigmoid (their
equation 7) and 1 - h² for tanh. For a deep encoder J goes through all layers: its norm is added up
over its rows, or estimated as E_v ||vᵀ J||² with v ~ N(0, I) (Hutchinson 1990).

f could shrink and g grow by the same factor, and nothing be contracted. So g cannot grow: a single
layer shares its weights with the decoder, and the weights of a deep decoder have a ceiling.
"""

from __future__ import annotations

from math import prod
from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from aecore.config import knob
from aecore.errors import InputError
from aecore.models.base import ModelConfig, Terms, variants
from aecore.models.draws import normal_like
from aecore.models.jacobian import basis, pulled_back
from aecore.models.plain import Plain
from aecore.models.spectral import SpectralCeiling
from aecore.networks import Network


@variants.register("contractive")
class ContractiveAutoencoder(Plain):
    """Charges the squared Frobenius norm of the encoder's Jacobian, averaged over images."""

    title = "Contractive autoencoder"
    idea = (
        "Pays for every change of an image that changes its code, so the code ignores all but the "
        "few changes that tell training images apart."
    )
    paper = "Rifai et al., Contractive Auto-Encoders: Explicit Invariance During Feature Extraction"
    year = 2011
    family = "classic"
    takes_batch_norm = False

    class Config(ModelConfig):
        contraction: float = knob(
            0.03, "Weight of the code's answer to changes of the image.", low=0.001, high=100,
            log=True,
        )  # fmt: skip
        units: Literal["network", "sigmoid", "tanh"] = knob(
            "network",
            "The layers of the chosen network, or a single layer of sigmoid or tanh units that "
            "the decoder shares, as in the paper.",
            label="Layers",
        )
        estimate: Literal["hutchinson", "exact"] = knob(
            "hutchinson",
            "How the answer of a network is measured: in random directions of the code, which is "
            "right on average, or in all of them, which takes as many passes as the code is long.",
        )
        probes: int = knob(
            1, "Random directions for each image (hutchinson only).", low=1, high=64, log=True
        )

    config: Config

    def build(self, network: Network) -> None:
        self.tied = self.config.units != "network"
        if self.tied:
            pixels = prod(network.shape)
            self.layer = nn.Linear(pixels, self.config.latent_dim)
            self.decoder_bias = nn.Parameter(torch.zeros(pixels))
            return
        if network.config.mixes_images:
            raise InputError(
                "Batch norm makes the code of an image depend on the others of its batch, so the "
                "contractive autoencoder has no Jacobian of one image to charge; switch it off."
            )
        super().build(network)
        self.ceiling = SpectralCeiling(self.decoder)

    def encode(self, x: Tensor) -> Tensor:
        if not self.tied:
            return super().encode(x)
        pre = self.layer((x - self.mean).flatten(1))
        return pre.sigmoid() if self.config.units == "sigmoid" else pre.tanh()

    def decode_raw(self, z: Tensor) -> Tensor:
        if not self.tied:
            return super().decode_raw(z)
        pixels = F.linear(z, self.layer.weight.T, self.decoder_bias)
        return pixels.view(-1, *self.mean.shape) + self.offset

    def loss(self, x: Tensor, target: Tensor) -> Terms:
        z, norm = self._of_one_layer(x) if self.tied else self._of_network(x)
        return {
            "reconstruction": self.reconstruction(self.decode_raw(z), target),
            "contraction": self.config.contraction * norm,
        }

    def after_step(self) -> None:
        if not self.tied:
            self.ceiling.hold(self.decoder)

    def _of_one_layer(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """The code, and the mean over images of ||J||_F² in closed form."""
        z = self.encode(x)
        slope = z * (1 - z) if self.config.units == "sigmoid" else 1 - z.square()
        return z, (slope.square() @ self.layer.weight.square().sum(1)).mean()

    def _of_network(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """The code, and the mean over images of ||J||_F², exact or estimated."""
        exact = self.config.estimate == "exact"
        z, rows = pulled_back(self.encode, x, basis if exact else self._probes)
        return z, rows.square().sum() / (len(x) if exact else len(x) * self.config.probes)

    def _probes(self, codes: Tensor) -> Tensor:
        return torch.stack([normal_like(codes) for _ in range(self.config.probes)])
