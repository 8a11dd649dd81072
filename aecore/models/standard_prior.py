"""Variants with a Gaussian posterior and a standard normal prior: their KL is a closed form."""

from __future__ import annotations

from typing import ClassVar

from torch import Tensor

from aecore.config import knob
from aecore.models.variational import (
    GaussianVariational,
    Posterior,
    VariationalConfig,
    gaussian_kl,
)
from aecore.networks import Network


class StandardPriorConfig(VariationalConfig):
    """The knobs of these variants."""

    free_bits: float = knob(
        0.0,
        "Nats that each number of the code may tell, in the mean over a batch, at no price.",
        low=0,
        high=5,
        label="Free bits",
    )


class StandardPrior(GaussianVariational):
    """Abstract: a variant says how it charges for the KL."""

    Config: ClassVar[type[StandardPriorConfig]] = StandardPriorConfig  # type: ignore[assignment]
    config: StandardPriorConfig

    def build_halves(self, network: Network) -> None:
        super().build_halves(network)
        if self.config.free_bits:  # they look at the mean over the batch
            self.whole_batch = True

    def kl(self, posterior: Posterior) -> Tensor:
        """KL(q(z|x) || N(0, I)) in nats as it is charged at this moment, a scalar.

        Free bits: sum over dimensions of max(free_bits, mean over the batch of the KL), Kingma
        et al. 2016, equation 15.
        """
        nats = gaussian_kl(posterior)
        if self.config.free_bits:
            return self.warmed(nats.mean(0).clamp(min=self.config.free_bits).sum())
        return self.warmed(nats.sum(1).mean())
