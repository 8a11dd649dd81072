"""The β-TC-VAE: a VAE that pays for each part of its KL apart.

Averaged over the data, KL(q(z|x) || p(z)) = I(x; z) + TC(z) + sum_j KL(q(z_j) || p(z_j)): what
the code tells of the image, how much its numbers depend on each other, and how far each is from
the prior: Chen et al. 2018, equation 2. All three need q(z), a mean over the whole data set.
"""

from __future__ import annotations

from math import log

import torch
from torch import Tensor

from aecore.config import knob
from aecore.models.base import Terms, variants
from aecore.models.variational import (
    GaussianVariational,
    Posterior,
    VariationalConfig,
    log_normal,
)


def log_shares(batch: int, total: int, like: Tensor) -> Tensor:
    """Logs of the weights by which the images of a batch stand for a data set: (batch, batch).

    Row i serves the code of image i: that image is one of `total`, and the others of the batch
    stand for the rest, so that a row adds up to 1 and q(z_i) is estimated without bias. It is
    the stratified estimate of Chen et al. 2018, appendix C.2, averaged over which of the others
    takes the odd weight. Where the batch is the data set, q(z_i) is exact.
    """
    if batch == 1:
        return like.new_zeros(1, 1)
    shares = like.new_full((batch, batch), log((total - 1) / total / (batch - 1)))
    return shares.fill_diagonal_(-log(total))


def log_aggregate(code: Tensor, posterior: Posterior, total: int) -> tuple[Tensor, Tensor]:
    """log q(z) and sum_j log q(z_j) of codes (n, latent_dim), estimated from their batch: (n,)."""
    mean, log_var = posterior
    pairs = log_normal(code[:, None], mean[None], log_var[None])
    shares = log_shares(len(code), total, code)
    together = torch.logsumexp(pairs.sum(2) + shares, 1)
    apart = torch.logsumexp(pairs + shares[:, :, None], 1).sum(1)
    return together, apart


@variants.register("beta_tc_vae")
class BetaTCVAE(GaussianVariational):
    """α I(x; z) + β TC(z) + γ sum_j KL(q(z_j) || p(z_j)).

    The log of an unbiased estimate is too low in the mean, so that the terms guide training but
    are no measurements: the total correlation can come out below 0.
    """

    title = "β-TC-VAE"
    idea = (
        "Splits the price of a VAE's code into three, and raises only the one for numbers that "
        "depend on each other. So they come apart without the code telling less."
    )
    paper = "Chen et al., Isolating Sources of Disentanglement in VAEs"
    year = 2018
    suggested = {"likelihood": "bce"}
    whole_batch = True

    class Config(VariationalConfig):
        alpha: float = knob(
            1.0,
            "Weight of what the code tells of its image (the mutual information).",
            low=0,
            high=10,
            label="α",
        )
        beta: float = knob(
            6.0,
            "Weight of the total correlation: how much the numbers of the code depend on each "
            "other. 1 is the VAE; less is needed for small images.",
            low=0.01,
            high=20,
            log=True,
            label="β",
        )
        gamma: float = knob(
            1.0,
            "Weight of how far each number of the code, by itself, is from the prior.",
            low=0,
            high=10,
            label="γ",
        )

    config: Config

    @property
    def numbers_a_pair(self) -> int:
        return 6 * self.config.latent_dim + 2

    def penalty(self, posterior: Posterior, code: Tensor) -> Terms:
        known = self.moment.classes
        together, apart = log_aggregate(code, posterior, len(code if known is None else known))
        terms = {
            "mutual_information": self.config.alpha * (posterior.log_prob(code) - together),
            "total_correlation": self.config.beta * (together - apart),
            "dimension_kl": self.config.gamma * (apart - self.log_prior(code)),
        }
        return {name: self.warmed(term.mean()) for name, term in terms.items()}
