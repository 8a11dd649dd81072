"""The hyperspherical VAE: codes on a sphere, where no place is the centre.

q(z|x) is the von Mises-Fisher density ∝ exp(κ m·z) on the unit sphere of three dimensions and
p(z) is even over it: Davidson et al. 2018. In three dimensions the KL and the draws have closed
forms, without Bessel functions and without rejections.
"""

from __future__ import annotations

from math import log, pi
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Generator, Tensor

from aecore.config import knob
from aecore.models.base import Terms, variants
from aecore.models.draws import normal_like, uniform_like
from aecore.models.langevin import langevin, log_sinhc
from aecore.models.variational import Variational, VariationalConfig
from aecore.networks import Network

DIMENSIONS = 3
LOG_AREA = log(4 * pi)
KAPPA_RANGE = (0.01, 1e4)
"""Below it a cloud is even to 1e-5 nats; above it float32 knows no angle so small."""


class OnSphere(NamedTuple):
    """q(z|x): a direction (n, 3) of length 1, and how closely codes keep to it, κ (n, 1)."""

    mean: Tensor
    kappa: Tensor

    def sample(self) -> Tensor:
        """One draw: its height over the direction's plane by inversion, its bearing at random.

        1 - w = -log(1 + u (exp(-2 κ) - 1)) / κ for u even in [0, 1): Ulrich 1984 for m = 3.
        """
        drop = -torch.log1p(uniform_like(self.kappa) * torch.expm1(-2 * self.kappa)) / self.kappa
        bearing = normal_like(self.mean)
        height = (bearing * self.mean).sum(-1, keepdim=True)
        bearing = F.normalize(bearing - height * self.mean, dim=-1)
        # At the very top the root has no slope.
        return (1 - drop) * self.mean + (drop * (2 - drop)).clamp(min=1e-12).sqrt() * bearing

    def log_prob(self, code: Tensor) -> Tensor:
        """log q of codes (..., 3) on the sphere: (...), in nats."""
        along = self.kappa * (self.mean * code).sum(-1, keepdim=True)
        return (along - log_sinhc(self.kappa)).squeeze(-1) - LOG_AREA

    def repeat(self, draws: int) -> OnSphere:
        """Fields of shape (n, draws, ...)."""
        return OnSphere(*(part[:, None].expand(-1, draws, -1) for part in self))


def sphere_kl(kappa: Tensor) -> Tensor:
    """KL(q || even over the sphere) in nats, elementwise: κ (coth κ - 1/κ) - log(sinh κ / κ)."""
    return kappa * langevin(kappa) - log_sinhc(kappa)


@variants.register("hyperspherical_vae")
class HypersphericalVAE(Variational[OnSphere]):
    """The code is a point on the sphere: two angles, written as three numbers."""

    title = "Hyperspherical VAE"
    idea = (
        "A VAE whose codes lie on a sphere instead of around a centre. "
        "Nothing pulls them together, and directions that wrap around fit in."
    )
    paper = "Davidson et al., Hyperspherical Variational Auto-Encoders"
    year = 2018
    suggested = {"likelihood": "bce"}

    class Config(VariationalConfig):
        latent_dim: int = knob(
            DIMENSIONS,
            "How many numbers the code of one image has: a point on a sphere has three.",
            low=DIMENSIONS,
            high=DIMENSIONS,
            label="Code size",
        )

    config: Config

    def build_halves(self, network: Network) -> None:
        self.encoder = network.encoder(DIMENSIONS + 1)
        self.decoder = network.decoder(DIMENSIONS)

    def posterior(self, x: Tensor) -> OnSphere:
        direction, kappa = self.encoder(x - self.mean).to(x.dtype).split([DIMENSIONS, 1], 1)
        low, high = KAPPA_RANGE
        return OnSphere(F.normalize(direction), (F.softplus(kappa) + low).clamp(max=high))

    def encode(self, x: Tensor) -> Tensor:
        return self.posterior(x).mean

    def penalty(self, posterior: OnSphere, code: Tensor) -> Terms:  # noqa: ARG002
        return {"kl": self.warmed(sphere_kl(posterior.kappa).mean())}

    def log_prior(self, code: Tensor) -> Tensor:
        return code.new_full(code.shape[:-1], -LOG_AREA)

    def sample_prior(self, count: int, generator: Generator | None = None) -> Tensor:
        return F.normalize(super().sample_prior(count, generator))
