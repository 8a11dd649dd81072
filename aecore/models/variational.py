"""What the variational family shares: a posterior, one sample of it, and the ELBO.

-ELBO = -E_q[log p(x|z)] + KL(q(z|x) || p(z)): Kingma and Welling 2013, equation 10.
"""

from __future__ import annotations

from abc import abstractmethod
from math import log, pi
from typing import ClassVar, Generic, Literal, NamedTuple, Protocol, Self, TypeVar

import torch
from torch import Generator, Tensor, nn

from aecore.config import knob
from aecore.models.base import Autoencoder, ModelConfig, Terms
from aecore.models.draws import normal_like
from aecore.models.likelihoods import LIKELIHOODS, LOG_VAR_RANGE, Likelihood
from aecore.networks import Network


class VariationalConfig(ModelConfig):
    """The knobs of the family."""

    likelihood: Literal["mse", "gaussian", "bce", "continuous_bernoulli"] = knob(  # type: ignore[assignment]
        "mse",
        "How a reconstruction is compared with its image: squared error (mse), squared error "
        "with a pixel noise that is learned (gaussian), binary cross-entropy (bce), which suits "
        "images that are nearly black and white, or its form that is a true density of grey "
        "pixels (continuous_bernoulli).",
        label="Loss",
    )
    sigma: float = knob(
        0.1,
        "Standard deviation that the decoder allows each pixel (squared error only). "
        "Smaller values ask for sharper images and leave a less regular code.",
        low=0.01,
        high=10,
        log=True,
        label="Pixel noise",
    )
    kl_warmup: float = knob(
        0.0,
        "Share of the steps in which the price of information in the code rises from zero to "
        "its full value; it keeps numbers of the code from being given up early.",
        low=0,
        high=1,
        label="KL warm-up",
    )


class Cloud(Protocol):
    """q(z|x) for n images, whatever its form."""

    def sample(self) -> Tensor:
        """One code for each image, through which gradients reach the encoder."""

    def log_prob(self, code: Tensor) -> Tensor:
        """log q of codes (..., code_size): (...), in nats."""

    def repeat(self, draws: int) -> Self:
        """The same with every image standing `draws` times in a second dimension."""


P = TypeVar("P", bound=Cloud)


class Weighed(NamedTuple):
    """What codes z ~ q(z|x) cost, each (n, draws) in nats: log p(x, z)/q(z|x) is minus both.

    distortion: -log p(x|z) without `log_normaliser`; rate: log q(z|x) - log p(z).
    """

    distortion: Tensor
    rate: Tensor


class Variational(Autoencoder, Generic[P]):
    """Abstract: a variant says what its posterior is, and where it wishes also what that costs."""

    family = "variational"
    Config: ClassVar[type[VariationalConfig]] = VariationalConfig  # type: ignore[assignment]
    config: VariationalConfig
    likelihood: Likelihood
    encoder: nn.Module
    decoder: nn.Module

    @abstractmethod
    def posterior(self, x: Tensor) -> P:
        """q(z|x) for images (n, C, H, W) in [0, 1]."""

    def penalty(self, posterior: P, code: Tensor) -> Terms:
        """What the posterior costs, in named terms in nats, averaged over the batch.

        Here KL(q(z|x) || p(z)) by the one code of each image, for any posterior and prior; where
        it is a closed form, a variant takes that.

        code: (n, code_size), the sample of the posterior that is decoded.
        """
        rate = posterior.log_prob(code) - self.log_prior(code)
        return {"kl": self.warmed(rate.mean())}

    def log_prior(self, code: Tensor) -> Tensor:
        """log p of codes (..., code_size): (...), in nats; here that of N(0, I)."""
        return -0.5 * (code.square() + log(2 * pi)).sum(-1)

    def sample_prior(self, count: int, generator: Generator | None = None) -> Tensor:
        """Codes drawn from the prior, (count, code_size), from a generator on the model's device.

        Decode them to see what the model takes an image to be.
        """
        shape = (count, self.code_size)
        like = self.mean
        return torch.randn(shape, generator=generator, dtype=like.dtype, device=like.device)

    def build(self, network: Network) -> None:
        kind = LIKELIHOODS[self.config.likelihood]
        self.likelihood = kind(self.config.sigma, self.mean.shape, self.layout.groups)
        self.build_halves(network)

    @abstractmethod
    def build_halves(self, network: Network) -> None:
        """Make encoder and decoder."""

    def first_raw(self, mean: Tensor) -> Tensor:
        if self.layout.groups:
            return super().first_raw(mean)
        return LIKELIHOODS[self.config.likelihood].raw_of(mean)

    def decode_raw(self, z: Tensor) -> Tensor:
        return self.decoder(z) + self.offset

    def picture(self, raw: Tensor) -> Tensor:
        return self.likelihood.picture(raw)

    def reconstruction(self, raw: Tensor, target: Tensor) -> Tensor:
        return self.likelihood.distance(raw, target).sum() / len(target)

    def loss(self, x: Tensor, target: Tensor) -> Terms:
        return self.bound(self.posterior(x), target)

    def bound(self, posterior: P, target: Tensor) -> Terms:
        """The terms of -ELBO for images and their posterior, from one code each."""
        code = posterior.sample()
        distance = self.reconstruction(self.decode_raw(code), target)
        return {"reconstruction": self.likelihood.nats(distance), **self.penalty(posterior, code)}

    def warmed(self, penalty: Tensor) -> Tensor:
        """A penalty with the weight that it has at this moment of training."""
        done, share = self.moment.progress, self.config.kl_warmup
        return penalty if done >= share else penalty * (done / share)

    def weigh(self, x: Tensor, target: Tensor, draws: int) -> Weighed:
        """The parts of the importance weights of `draws` codes for each image.

        -log p(x) is at most the mean of distortion + rate, plus `log_normaliser`; it is nearly
        -logsumexp(-distortion - rate) + log(draws) plus that for many draws (Burda et al. 2015).
        """
        posterior = self.posterior(x).repeat(draws)
        code = posterior.sample()
        raw = self.decode_raw(code.flatten(0, 1))
        distance = self.likelihood.distance(raw, target.repeat_interleave(draws, 0))
        distortion = self.likelihood.nats(distance.flatten(1).sum(1)).view(-1, draws)
        return Weighed(distortion, posterior.log_prob(code) - self.log_prior(code))

    def log_normaliser(self) -> float:
        """What -log p(x|z) of one image has beside the `reconstruction` term, in nats."""
        return self.likelihood.log_normaliser()

    def after_step(self) -> None:
        self.likelihood.put_right()


class Posterior(NamedTuple):
    """q(z|x): independent Gaussians; both fields are (n, latent_dim)."""

    mean: Tensor
    log_var: Tensor

    @classmethod
    def of(cls, numbers: Tensor) -> Posterior:
        """What an encoder's numbers (n, 2 latent_dim) say: means first, then log variances."""
        mean, log_var = numbers.chunk(2, dim=1)
        return cls(mean, log_var.clamp(*LOG_VAR_RANGE))

    def sample(self) -> Tensor:
        """One draw by the reparametrisation z = mean + std · n."""
        return torch.addcmul(self.mean, (0.5 * self.log_var).exp(), normal_like(self.mean))

    def log_prob(self, code: Tensor) -> Tensor:
        """log q of codes (..., latent_dim): (...), in nats."""
        return log_normal(code, *self).sum(-1)

    def repeat(self, draws: int) -> Posterior:
        """Fields of shape (n, draws, latent_dim)."""
        return Posterior(*(part[:, None].expand(-1, draws, -1) for part in self))


def log_normal(code: Tensor, mean: Tensor, log_var: Tensor) -> Tensor:
    """log N(code; mean, exp(log_var)) elementwise, in nats."""
    return -0.5 * ((code - mean).square() * (-log_var).exp() + log_var + log(2 * pi))


def gaussian_kl(posterior: Posterior) -> Tensor:
    """KL(q || N(0, 1)) of each latent dimension in nats: (n, latent_dim)."""
    mean, log_var = posterior
    return 0.5 * (mean.square() + log_var.exp() - 1 - log_var)


class GaussianVariational(Variational[Posterior]):
    """Abstract: one Gaussian an image, from the chosen network."""

    def build_halves(self, network: Network) -> None:
        self.encoder = network.encoder(2 * self.config.latent_dim)
        self.decoder = network.decoder(self.config.latent_dim)

    def posterior(self, x: Tensor) -> Posterior:
        # Whole again where a card works with half of the digits: densities cancel to little.
        return Posterior.of(self.encoder(x - self.mean).to(x.dtype))

    def encode(self, x: Tensor) -> Tensor:
        return self.posterior(x).mean
