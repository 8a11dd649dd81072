"""What the variational family shares: a Gaussian posterior, one sample of it, and the ELBO.

-ELBO = -E_q[log p(x|z)] + KL(q(z|x) || p(z)): Kingma and Welling 2013, equation 10.
"""

from __future__ import annotations

from abc import abstractmethod
from math import log, pi
from typing import ClassVar, NamedTuple, final

import torch
from torch import Tensor

from aecore.config import knob
from aecore.models.base import Autoencoder, ModelConfig, Terms
from aecore.models.draws import normal_like
from aecore.networks import Network

LOG_VAR_RANGE = (-10.0, 10.0)
"""Outside it a variance is 0 or infinite in float32 and the loss is no number."""


class Posterior(NamedTuple):
    """q(z|x): independent Gaussians; both fields are (n, latent_dim)."""

    mean: Tensor
    log_var: Tensor

    def sample(self) -> Tensor:
        """One draw by the reparametrisation z = mean + std · n."""
        return torch.addcmul(self.mean, (0.5 * self.log_var).exp(), normal_like(self.mean))


def gaussian_kl(posterior: Posterior) -> Tensor:
    """KL(q || N(0, 1)) of each latent dimension in nats: (n, latent_dim)."""
    mean, log_var = posterior
    return 0.5 * (mean.square() + log_var.exp() - 1 - log_var)


class VariationalConfig(ModelConfig):
    """The knobs of the family."""

    sigma: float = knob(
        0.1,
        "Standard deviation that the decoder allows each pixel (squared error only). "
        "Smaller values ask for sharper images and leave a less regular code.",
        low=0.01,
        high=10,
        log=True,
        label="Pixel noise",
    )


class Variational(Autoencoder):
    """Final but for `penalty`, which says what the posterior costs."""

    family = "variational"
    Config: ClassVar[type[VariationalConfig]] = VariationalConfig  # type: ignore[assignment]
    config: VariationalConfig

    @abstractmethod
    def penalty(self, posterior: Posterior) -> Terms:
        """Named terms, in nats, averaged over the batch."""

    @final
    def build(self, network: Network) -> None:
        self.encoder = network.encoder(2 * self.config.latent_dim)
        self.decoder = network.decoder(self.config.latent_dim)

    @final
    def posterior(self, x: Tensor) -> Posterior:
        """q(z|x) for images (n, C, H, W) in [0, 1]."""
        mean, log_var = self.encoder(x - self.mean).chunk(2, dim=1)
        return Posterior(mean, log_var.clamp(*LOG_VAR_RANGE))

    @final
    def encode(self, x: Tensor) -> Tensor:
        return self.posterior(x).mean

    @final
    def decode_raw(self, z: Tensor) -> Tensor:
        return self.decoder(z) + self.offset

    @final
    def loss(self, x: Tensor, target: Tensor) -> Terms:
        posterior = self.posterior(x)
        distance = self.reconstruction(self.decode_raw(posterior.sample()), target)
        if self.config.likelihood == "mse":
            # -log N(target; raw, sigma²) without its constant, which no weight can change.
            distance = distance / (2 * self.config.sigma**2)
        return {"reconstruction": distance, **self.penalty(posterior)}

    def log_normaliser(self) -> float:
        """What -log p(x|z) of one image has beside the `reconstruction` term, in nats."""
        if self.config.likelihood == "bce":
            return 0.0
        return 0.5 * self.mean.numel() * log(2 * pi * self.config.sigma**2)
