"""The FactorVAE: a VAE whose codes must look like codes with independent numbers.

-ELBO + γ TC(z), where a discriminator tells codes from codes whose numbers were shuffled over the
batch. Its logit is log q(z) / prod_j q(z_j), whose mean is the total correlation: Kim and Mnih
2018, equations 2 and 3.
"""

from __future__ import annotations

from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.func import functional_call

from aecore.config import knob
from aecore.models.base import Terms, variants
from aecore.models.standard_prior import StandardPrior, StandardPriorConfig
from aecore.models.variational import Posterior
from aecore.networks import Network

HIDDEN = (256, 256, 256)
"""Of the discriminator; the paper's six layers of 1000 are for larger data."""


def permute_dims(code: Tensor) -> Tensor:
    """Each column of (n, k) in an order of its own, so that columns no longer belong together."""
    return code.gather(0, torch.rand_like(code).argsort(0))


@variants.register("factor_vae")
class FactorVAE(StandardPrior):
    """The discriminator learns from its own term only, and the encoder from the other ones."""

    title = "FactorVAE"
    idea = (
        "A VAE with an opponent that tries to tell its codes from codes with shuffled numbers. "
        "To fool it, the numbers of the code must become independent of each other."
    )
    paper = "Kim and Mnih, Disentangling by Factorising"
    year = 2018
    suggested = {"likelihood": "bce"}
    whole_batch = True
    aside = frozenset({"discriminator"})

    class Config(StandardPriorConfig):
        gamma: float = knob(
            5.0,
            "Weight of the total correlation: how much the numbers of the code depend on each "
            "other. 0 is the VAE; the paper takes 10 to 40 for images of 64×64.",
            low=0,
            high=100,
            label="γ",
        )

    config: Config

    def build_halves(self, network: Network) -> None:
        super().build_halves(network)
        sizes = (self.config.latent_dim, *HIDDEN)
        layers = [(nn.Linear(*pair), nn.LeakyReLU(0.2)) for pair in pairwise(sizes)]
        flat = [layer for pair in layers for layer in pair]
        self.discriminator = nn.Sequential(*flat, nn.Linear(HIDDEN[-1], 1))

    def penalty(self, posterior: Posterior, code: Tensor) -> Terms:
        return {
            "kl": self.kl(posterior),
            "total_correlation": self.warmed(self.config.gamma * self.total_correlation(code)),
            "discriminator": self.mistakes(code.detach()),
        }

    def total_correlation(self, code: Tensor) -> Tensor:
        """As the discriminator sees it, in nats, a scalar; it does not learn from this."""
        frozen = {name: part.detach() for name, part in self.discriminator.named_parameters()}
        return functional_call(self.discriminator, frozen, (code,)).mean()

    def mistakes(self, code: Tensor) -> Tensor:
        """Cross-entropy of codes (n, latent_dim) against shuffled ones; log 2 where it is blind."""
        real, shuffled = self.discriminator(code), self.discriminator(permute_dims(code))
        return 0.5 * (F.softplus(-real).mean() + F.softplus(shuffled).mean())
