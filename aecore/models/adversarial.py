"""The adversarial autoencoder: a discriminator sees to it that the codes look like the prior.

Reconstruction: E ||x - g(f(x))||². Discriminator D: -E_prior log D(z) - E_x log(1 - D(f(x))).
Encoder: -E_x log D(f(x)), the form that does not fade where D is sure (Makhzani et al. 2015,
section 2, and Goodfellow et al. 2014, section 3). Where the codes are as the prior, the best D
says ½ everywhere: its loss is log 4 then, and that of the encoder log 2.
"""

from __future__ import annotations

from math import pi
from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.func import functional_call

from aecore.config import knob
from aecore.errors import InputError
from aecore.models.base import ModelConfig, Terms, variants
from aecore.models.draws import normal_like
from aecore.models.plain import Plain
from aecore.networks import Network

TURNS = 1.5
LENGTH = 2.5
THICKNESS = 0.15


@variants.register("adversarial")
class AdversarialAutoencoder(Plain):
    """All three losses are lowered in one step; none reaches weights that are not its own."""

    title = "Adversarial autoencoder"
    idea = (
        "Beside a plain autoencoder a second network learns to tell codes from draws of a chosen "
        "cloud, and the encoder learns to deceive it, until the codes fill that cloud."
    )
    paper = "Makhzani et al., Adversarial Autoencoders"
    year = 2015
    family = "other regularisers"
    # With Adam the codes of digits stayed several times further from the prior.
    suggested = {
        "latent_dim": 2,
        "adversarial_weight": 5.0,
        "optimizer": "rmsprop",
        "learning_rate": 1e-3,
        "epochs": 100,
    }
    aside = frozenset({"discriminator"})

    class Config(ModelConfig):
        prior: Literal["normal", "swiss_roll"] = knob(
            "normal",
            "How the codes shall be spread: a standard normal cloud, or a spiral, which is for "
            "codes of two numbers.",
        )
        adversarial_weight: float = knob(
            1.0,
            "How much it counts to deceive the discriminator, against the error of the "
            "reconstruction summed over all pixels; larger images need more.",
            low=0.01,
            high=1000,
            log=True,
            label="Weight of the prior",
        )
        discriminator_width: int = knob(
            256, "Size of the discriminator's two hidden layers.", low=4, high=4096, log=True
        )

    config: Config

    def build(self, network: Network) -> None:
        size, width = self.config.latent_dim, self.config.discriminator_width
        if self.config.prior == "swiss_roll" and size != 2:
            raise InputError(
                f"The prior swiss_roll is for codes of 2 numbers and the code size is {size}; "
                "choose a code size of 2 or the prior normal."
            )
        super().build(network)
        hidden = [nn.Linear(size, width), nn.ReLU(), nn.Linear(width, width), nn.ReLU()]
        self.discriminator = nn.Sequential(*hidden, nn.Linear(width, 1))

    def loss(self, x: Tensor, target: Tensor) -> Terms:
        z = self.encode(x)
        noise = normal_like(z)
        real = swiss_roll(noise) if self.config.prior == "swiss_roll" else noise
        fixed = {name: p.detach() for name, p in self.discriminator.named_parameters()}
        deceived = functional_call(self.discriminator, fixed, (z,))
        of_prior, of_codes = self.discriminator(torch.cat([real, z.detach()])).chunk(2)
        # -log D = softplus(-logit) and -log(1 - D) = softplus(logit).
        return {
            "reconstruction": self.reconstruction(self.decode_raw(z), target),
            "adversarial": self.config.adversarial_weight * F.softplus(-deceived).mean(),
            "discriminator": F.softplus(-of_prior).mean() + F.softplus(of_codes).mean(),
        }


def swiss_roll(noise: Tensor) -> Tensor:
    """Draws from a spiral, as in Makhzani et al. 2015, out of standard normal ones: (n, 2)."""
    along = torch.special.ndtr(noise[:, 0]).sqrt()  # a turn further out is longer
    radius = LENGTH * along + THICKNESS * noise[:, 1]
    angle = 2 * pi * TURNS * along
    return torch.stack([radius * angle.cos(), radius * angle.sin()], 1)
