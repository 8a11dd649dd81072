"""How likely a variational model finds images, and how much of its code it uses. All in nats.

log p(x) ≥ ELBO = E_q[log p(x|z)] − KL(q(z|x) || p(z)) (Kingma and Welling 2013), and with K draws
log p(x) ≥ E log (1/K) Σ p(x|z_k) p(z_k) / q(z_k|x), which rises with K to log p(x) (Burda, Grosse
and Salakhutdinov 2016). For the family's Gaussian posterior and standard normal prior.

Grey images under a Bernoulli likelihood have no normalised likelihood: their figures must not be
compared with those that papers report for binarised images.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import log, pi

import torch
from torch import Generator, Tensor

from aecore.errors import InputError
from aecore.metrics.arrays import Values, as_rows
from aecore.models.variational import Posterior, Variational, gaussian_kl

ACTIVE = 0.01
"""Burda et al. call a unit active whose mean varies by more than this over the images."""
MOST_CODES = 1024
"""How many codes are decoded at once."""


@dataclass(frozen=True)
class Bound:
    """The evidence lower bound and its two parts, averaged over images.

    elbo = −reconstruction − sum of kl_per_dimension. reconstruction: E_q[−log p(x|z)] with one
    draw an image; kl_per_dimension: (latent_dim,) float64, each 0 or more, in closed form.
    """

    reconstruction: float
    kl_per_dimension: Tensor

    @property
    def kl(self) -> float:
        """KL(q(z|x) || p(z)), the nats that the code carries about an image."""
        return float(self.kl_per_dimension.sum())

    @property
    def elbo(self) -> float:
        """What is at most log p(x)."""
        return -self.reconstruction - self.kl


def evidence_bound(model: Variational, images: Tensor, generator: Generator) -> Bound:
    """The ELBO of a model on images.

    Args:
        model: in eval mode, on the CPU.
        images: (n, C, H, W) float in [0, 1], n of at least 1.
        generator: of the draws, one an image.
    """
    likelihoods, penalties = [], []
    with torch.inference_mode():
        for x in images.split(MOST_CODES):
            posterior = model.posterior(x)
            z, _ = _draw(posterior, 1, generator)
            likelihoods.append(log_likelihood(model, z[:, 0], x))
            penalties.append(gaussian_kl(posterior).double())
    return Bound(-float(torch.cat(likelihoods).mean()), torch.cat(penalties).mean(0))


def negative_log_likelihood(
    model: Variational, images: Tensor, draws: int, generator: Generator
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
    return -float(torch.cat(parts).mean())


def log_likelihood(model: Variational, z: Tensor, x: Tensor) -> Tensor:
    """log p(x|z) of each image: (n,) float64.

    Args:
        z: (n, latent_dim) codes; x: (n, C, H, W) images in [0, 1].
    """
    raw = model.decode_raw(z)
    one_by_one = torch.func.vmap(lambda r, t: model.reconstruction(r[None], t[None]))
    distance = one_by_one(raw, x).double()
    if model.config.likelihood == "mse":
        distance = distance / (2 * model.config.sigma**2)
    return -distance - model.log_normaliser()


def active_units(means: Values, threshold: float = ACTIVE) -> int:
    """How many axes of the code tell images apart: #{j: Var_x(E_q[z_j|x]) > threshold}.

    The others have fallen back on the prior. The threshold assumes a prior of variance 1.

    Args:
        means: (n, latent_dim) posterior means of n images. Raises InputError where there is none.
    """
    return int((as_rows(means).var(0) > threshold).sum())


def _log_evidence(model: Variational, x: Tensor, draws: int, generator: Generator) -> Tensor:
    """log of the mean importance weight of each image, in parts that fit: (n,) float64."""
    posterior = model.posterior(x)
    total = torch.full((len(x),), -torch.inf, dtype=torch.float64)
    for start in range(0, draws, MOST_CODES):
        count = min(MOST_CODES, draws - start)
        z, log_q = _draw(posterior, count, generator)
        images = x.repeat_interleave(count, 0)
        log_p = log_likelihood(model, z.flatten(0, 1), images).view(len(x), count)
        weights = log_p + _log_density(z, torch.zeros_like(z)) - log_q
        total = torch.logaddexp(total, weights.logsumexp(1))
    return total - log(draws)


def _draw(posterior: Posterior, count: int, generator: Generator) -> tuple[Tensor, Tensor]:
    """Codes (n, count, latent_dim) and their log q (n, count) float64."""
    mean, log_var = (part[:, None].expand(-1, count, -1) for part in posterior)
    noise = torch.randn(mean.shape, generator=generator, dtype=mean.dtype)
    z = torch.addcmul(mean, (0.5 * log_var).exp(), noise)
    return z, _log_density(noise, log_var)


def _log_density(noise: Tensor, log_var: Tensor) -> Tensor:
    """log N(mean + std · noise; mean, std²), summed over the last axis: float64."""
    return -0.5 * (noise.double().square() + log_var.double() + log(2 * pi)).sum(-1)
