"""How likely a variational model finds images, and how much of its code it uses. All in nats.

log p(x) ≥ ELBO = E_q[log p(x|z)] − KL(q(z|x) || p(z)) (Kingma and Welling 2013), and with K draws
log p(x) ≥ E log (1/K) Σ p(x|z_k) p(z_k) / q(z_k|x), which rises with K to log p(x) (Burda, Grosse
and Salakhutdinov 2016). For any posterior, prior and likelihood of the family.

Grey images under a Bernoulli likelihood have no normalised likelihood: their figures must not be
compared with those that papers report for binarised images.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import log
from typing import Any

import torch
from torch import Generator, Tensor

from aecore.errors import InputError
from aecore.metrics.arrays import Values, as_rows
from aecore.models.draws import Part, drawing_for
from aecore.models.standard_prior import StandardPrior
from aecore.models.variational import Variational, Weighed, gaussian_kl

ACTIVE = 0.01
"""Burda et al. call a unit active whose mean varies by more than this over the images."""
MOST_CODES = 1024
"""How many codes are decoded at once."""


@dataclass(frozen=True)
class Bound:
    """The evidence lower bound and its two parts, averaged over images, with one draw an image.

    reconstruction: E_q[−log p(x|z)]; kl: KL(q(z|x) || p(z)), the nats that the code carries about
    an image, in closed form where there is one.
    """

    reconstruction: float
    kl: float

    @property
    def elbo(self) -> float:
        """What is at most log p(x)."""
        return -self.reconstruction - self.kl


def evidence_bound(model: Variational[Any], images: Tensor, generator: Generator) -> Bound:
    """The ELBO of a model on images.

    Args:
        model: in eval mode, on the CPU.
        images: (n, C, H, W) float in [0, 1], n of at least 1.
        generator: of the draws, one an image.
    """
    distortions, rates = [], []
    with torch.inference_mode():
        for x in images.split(MOST_CODES):
            distortion, rate = _weighed(model, x, 1, generator)
            distortions.append(distortion.double())
            rates.append(rate.double())
    reconstruction = float(torch.cat(distortions).mean()) + model.log_normaliser()
    if isinstance(model, StandardPrior):
        return Bound(reconstruction, float(kl_per_dimension(model, images).sum()))
    return Bound(reconstruction, float(torch.cat(rates).mean()))


def kl_per_dimension(model: StandardPrior, images: Tensor) -> Tensor:
    """KL(q(z_j|x) || N(0, 1)) of each axis of the code, averaged over images, in closed form.

    Args:
        model, images: as for `evidence_bound`.

    Returns (latent_dim,) float64, each 0 or more.
    """
    with torch.inference_mode():
        parts = [gaussian_kl(model.posterior(x)).double() for x in images.split(MOST_CODES)]
    return torch.cat(parts).mean(0)


def negative_log_likelihood(
    model: Variational[Any], images: Tensor, draws: int, generator: Generator
) -> float:
    """−log p(x) by importance sampling from q(z|x), averaged over images.

    Never below the truth but for chance; closer to it the more draws. Memory does not grow with
    the draws: at most 1,024 codes are decoded at once.

    Args:
        draws: K, at least 1; papers take 5,000.
        model, images, generator: as for `evidence_bound`.

    Raises InputError where there is nothing to draw.
    """
    if draws < 1 or len(images) == 0:
        raise InputError(f"{draws} draws for {len(images)} images say nothing; take at least 1.")
    few = max(1, MOST_CODES // draws)
    with torch.inference_mode():
        parts = [_log_evidence(model, x, draws, generator) for x in images.split(few)]
    return model.log_normaliser() - float(torch.cat(parts).mean())


def active_units(means: Values, threshold: float = ACTIVE) -> int:
    """How many axes of the code tell images apart: #{j: Var_x(E_q[z_j|x]) > threshold}.

    The others have fallen back on the prior. The threshold assumes a prior of variance 1.

    Args:
        means: (n, latent_dim) posterior means of n images. Raises InputError where there is none.
    """
    return int((as_rows(means).var(0) > threshold).sum())


def _log_evidence(model: Variational[Any], x: Tensor, draws: int, generator: Generator) -> Tensor:
    """log of the mean importance weight of each image, in parts that fit: (n,) float64."""
    total = torch.full((len(x),), -torch.inf, dtype=torch.float64)
    for start in range(0, draws, MOST_CODES):
        distortion, rate = _weighed(model, x, min(MOST_CODES, draws - start), generator)
        weights = -(distortion.double() + rate.double())
        total = torch.logaddexp(total, weights.logsumexp(1))
    return total - log(draws)


def _weighed(model: Variational[Any], x: Tensor, draws: int, generator: Generator) -> Weighed:
    """`model.weigh` with random numbers of the generator, in place of the global ones."""
    with drawing_for(Part(slice(None), len(x), generator)):
        return model.weigh(x, x, draws)
