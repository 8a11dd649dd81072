"""What a decoder's output says of the pixels: p(x|z), four ways.

Each splits -log p(x|z) of an image into the sum of `distance` over its pixels, turned into nats
by `nats`, and `log_normaliser`, which no weight can change.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from math import log, pi, prod

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from aecore.models import outputs
from aecore.models.langevin import inverse_langevin, langevin, log_sinhc
from aecore.samples import Group

LOG_VAR_RANGE = (-10.0, 10.0)
"""Outside it a variance is 0 or infinite in float32 and the loss is no number."""

SPEED = 10.0
"""How much farther a step moves the learned log sigma² than a weight: Adam moves every parameter
by about the learning rate, and a short run would end before a single number that far off."""

DARKEST = 0.02
"""Of a pixel of the first x_hat; the logit of 0 would be infinite."""


class Likelihood(nn.Module, ABC):
    """p(x|z) of an image whose pixels are independent, given the decoder's raw output."""

    def __init__(self, sigma: float, shape: torch.Size, groups: tuple[Group, ...] = ()) -> None:
        """Make the parameters, where there are any.

        Args:
            sigma: standard deviation of a pixel, where there is one.
            shape: (C, H, W) of an image.
            groups: which numbers make a category, where a sample is no image.
        """
        super().__init__()
        self.sigma = sigma
        self.groups = groups
        self.pixels = prod(shape) - sum(stop - start for start, stop in groups)
        self.build()

    def build(self) -> None:  # noqa: B027
        """Make the parameters."""

    @abstractmethod
    def distance(self, raw: Tensor, target: Tensor) -> Tensor:
        """How far each pixel is from its target; both and the result: (n, C, H, W)."""

    def nats(self, total: Tensor) -> Tensor:
        """-log p(x|z) without `log_normaliser`, for sums of `distance` over whole images."""
        return total

    def log_normaliser(self) -> float:
        """What -log p(x|z) of one image has beside `nats`."""
        return 0.0

    def put_right(self) -> None:  # noqa: B027
        """Keep the parameters where the loss is a number; called after each step."""

    def picture(self, raw: Tensor) -> Tensor:
        """The mean of p(x|z), in the shape of raw."""
        return raw

    @staticmethod
    def raw_of(picture: Tensor) -> Tensor:
        """The raw output whose `picture` is this image in [0, 1], nearly."""
        return picture


class Gaussian(Likelihood):
    """N(raw, sigma²), with a sigma that somebody chose; categories have no sigma."""

    def distance(self, raw: Tensor, target: Tensor) -> Tensor:
        if self.groups:  # `nats` divides by 2 sigma², and a cross-entropy is in nats already
            return outputs.distance(raw, target, self.groups, 2 * self.sigma**2)
        return F.mse_loss(raw, target, reduction="none")

    def picture(self, raw: Tensor) -> Tensor:
        return outputs.picture(raw, self.groups)

    def nats(self, total: Tensor) -> Tensor:
        return total / (2 * self.sigma**2)

    def log_normaliser(self) -> float:
        return 0.5 * self.pixels * log(2 * pi * self.sigma**2)


class LearnedGaussian(Gaussian):
    """N(raw, sigma²), with one sigma for all pixels that is trained along.

    At its best it is the root of the mean squared error (Rybkin, Daniilidis and Levine 2021).
    """

    def build(self) -> None:
        self.part = nn.Parameter(torch.tensor(2 * log(self.sigma) / SPEED))

    @property
    def log_var(self) -> Tensor:
        """log sigma², a scalar."""
        return SPEED * self.part

    def nats(self, total: Tensor) -> Tensor:
        return 0.5 * (total / self.log_var.exp() + self.pixels * self.log_var)

    def log_normaliser(self) -> float:
        return 0.5 * self.pixels * log(2 * pi)

    def put_right(self) -> None:
        self.part.clamp_(*(end / SPEED for end in LOG_VAR_RANGE))


class Bernoulli(Likelihood):
    """Pixels are 0 or 1; raw holds the logits. On grey pixels it is a distance, no density."""

    def distance(self, raw: Tensor, target: Tensor) -> Tensor:
        return F.binary_cross_entropy_with_logits(raw, target, reduction="none")

    def picture(self, raw: Tensor) -> Tensor:
        return raw.sigmoid()

    @staticmethod
    def raw_of(picture: Tensor) -> Tensor:
        return torch.logit(picture.clamp(DARKEST, 1 - DARKEST))


class ContinuousBernoulli(Likelihood):
    """A density ∝ exp(raw · x) for x in [0, 1]: Loaiza-Ganem and Cunningham 2019, equation 6.

    It is the Bernoulli formula with the normaliser that grey pixels need. Its mean is not the
    sigmoid of raw.
    """

    def distance(self, raw: Tensor, target: Tensor) -> Tensor:
        raw = raw.to(target.dtype)  # on a card it may come in half of the digits
        return log_sinhc(raw / 2) - raw * (target - 0.5)

    def picture(self, raw: Tensor) -> Tensor:
        return 0.5 + 0.5 * langevin(raw / 2)

    @staticmethod
    def raw_of(picture: Tensor) -> Tensor:
        return 2 * inverse_langevin(2 * picture.clamp(DARKEST, 1 - DARKEST) - 1)


LIKELIHOODS: dict[str, type[Likelihood]] = {
    "mse": Gaussian,
    "gaussian": LearnedGaussian,
    "bce": Bernoulli,
    "continuous_bernoulli": ContinuousBernoulli,
}
