"""The conditional VAE: the label is told to both halves, so the code need not hold it.

-E_q[log p(x|z, y)] + KL(q(z|x, y) || N(0, I)): Sohn, Lee and Yan 2015; the classifier for images
without a label follows Kingma et al. 2014 (model M2).
"""

from __future__ import annotations

from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Generator, Tensor, nn

from aecore.config import knob
from aecore.errors import InputError
from aecore.models.base import Terms, variants
from aecore.models.variational import Posterior, Variational, VariationalConfig, gaussian_kl
from aecore.networks import Network

EMBEDDED = 16
"""Numbers that a label becomes for the decoder, each as large as one of z: a lone 1 among many
zeros would be drowned by it."""


class LabelledPosterior(NamedTuple):
    """q(z|x, y), and the label: (n, classes), shares that add up to 1."""

    cloud: Posterior
    label: Tensor

    def sample(self) -> Tensor:
        """One draw of z with the label behind it: (n, latent_dim + classes)."""
        return torch.cat([self.cloud.sample(), self.label], -1)

    def log_prob(self, code: Tensor) -> Tensor:
        """log q(z|x, y) of codes (..., latent_dim + classes): (...), in nats."""
        return self.cloud.log_prob(code[..., : self.cloud.mean.shape[-1]])

    def repeat(self, draws: int) -> LabelledPosterior:
        """Fields of shape (n, draws, ...)."""
        return LabelledPosterior(
            self.cloud.repeat(draws), self.label[:, None].expand(-1, draws, -1)
        )


@variants.register("conditional_vae")
class ConditionalVAE(Variational[LabelledPosterior]):
    """A code is z and behind it the label; all densities are those of z given the label.

    The encoder sees the label as one more channel, a picture of its own for each class. The
    `label` term trains the classifier, and nothing else.
    """

    title = "Conditional VAE"
    idea = (
        "A VAE that is told what its image shows, so its code holds the rest, such as slant and "
        "stroke; it can draw any class on demand. Without a label it asks a small classifier "
        "that is trained beside it."
    )
    paper = "Sohn et al., Learning Structured Output Representation"
    year = 2015
    suggested = {"likelihood": "bce"}
    aside = frozenset({"label"})

    class Config(VariationalConfig):
        classes: int = knob(
            10,
            "How many classes the labels tell apart; at least as many as the data have.",
            low=1,
            high=1000,
            log=True,
        )

    config: Config

    def build_halves(self, network: Network) -> None:
        config, (channels, height, width) = self.config, network.shape
        seeing = type(network)(network.config, (channels + 1, height, width))
        self.encoder = seeing.encoder(2 * config.latent_dim)
        self.decoder = network.decoder(config.latent_dim + EMBEDDED)
        self.classifier = network.encoder(config.classes)
        self.as_picture = nn.Linear(config.classes, height * width, bias=False)
        self.as_code = nn.Parameter(torch.randn(config.classes, EMBEDDED))

    @property
    def code_size(self) -> int:
        return self.config.latent_dim + self.config.classes

    @property
    def label_size(self) -> int:
        return self.config.classes

    def prepare(self, images: Tensor, classes: Tensor, seed: int) -> None:  # noqa: ARG002
        """Raises InputError where the data have more classes than there is room for."""
        found = int(classes.max()) + 1
        if found > self.config.classes:
            raise InputError(
                f"The data have {found} classes and the model has room for {self.config.classes}; "
                f"set classes to {found}."
            )

    def loss(self, x: Tensor, target: Tensor) -> Terms:
        labels, logits = self.moment.labels, self.classifier(x - self.mean)
        if labels is None:  # nothing to learn from: the classifier's own word is taken
            known, mistakes = logits.softmax(1), logits.new_zeros(())
        else:
            known = F.one_hot(labels, self.config.classes).to(x.dtype)
            mistakes = F.cross_entropy(logits, labels)
        return {**self.bound(self.labelled(x, known), target), "label": mistakes}

    def labelled(self, x: Tensor, label: Tensor) -> LabelledPosterior:
        """q(z|x, y) for images (n, C, H, W) and labels (n, classes)."""
        picture = self.as_picture(label).view(-1, 1, *x.shape[2:])
        numbers = self.encoder(torch.cat([x - self.mean, picture], 1)).to(x.dtype)
        return LabelledPosterior(Posterior.of(numbers), label)

    def posterior(self, x: Tensor) -> LabelledPosterior:
        """With the classifier's word for the label: images here are of unknown origin."""
        return self.labelled(x, self.classifier(x - self.mean).softmax(1))

    def encode(self, x: Tensor) -> Tensor:
        """The mean of z, and behind it the label: (n, latent_dim + classes)."""
        cloud, label = self.posterior(x)
        return torch.cat([cloud.mean, label], 1)

    def decode_raw(self, z: Tensor) -> Tensor:
        z, label = z.split([self.config.latent_dim, self.config.classes], 1)
        return super().decode_raw(torch.cat([z, label @ self.as_code], 1))

    def penalty(self, posterior: LabelledPosterior, code: Tensor) -> Terms:  # noqa: ARG002
        return {"kl": self.warmed(gaussian_kl(posterior.cloud).sum(1).mean())}

    def log_prior(self, code: Tensor) -> Tensor:
        return super().log_prior(code[..., : self.config.latent_dim])

    def sample_prior(self, count: int, generator: Generator | None = None) -> Tensor:
        """Codes with labels drawn evenly: (count, latent_dim + classes)."""
        shape, device = (count,), self.mean.device
        labels = torch.randint(self.config.classes, shape, generator=generator, device=device)
        return self.codes_of(labels, generator)

    def codes_of(self, labels: Tensor, generator: Generator | None = None) -> Tensor:
        """Codes with z from the prior for labels (n,) int64: (n, latent_dim + classes)."""
        z = super().sample_prior(len(labels), generator)[:, : self.config.latent_dim]
        return torch.cat([z, F.one_hot(labels, self.config.classes).to(z.dtype)], 1)

    def sample(self, labels: Tensor, generator: Generator | None = None) -> Tensor:
        """New images of given classes: labels (n,) int64 to (n, C, H, W)."""
        return self.decode(self.codes_of(labels, generator))
