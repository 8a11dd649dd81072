"""The VampPrior: a VAE whose prior is a mixture of the clouds of a few learned images.

p(z) = 1/K sum_k q(z|u_k), with pseudo-inputs u_k that are trained along: Tomczak and Welling 2018,
equation 9. The KL has no closed form and is taken at the code that is decoded.
"""

from __future__ import annotations

from math import log

import torch
from torch import Generator, Tensor, nn

from aecore.config import knob
from aecore.models.base import variants
from aecore.models.likelihoods import Bernoulli
from aecore.models.variational import GaussianVariational, VariationalConfig, log_normal
from aecore.networks import Network
from aecore.samples import to_float


@variants.register("vamp_prior")
class VampPrior(GaussianVariational):
    """Pseudo-inputs start as training images; a sigmoid keeps those in [0, 1]."""

    title = "VAE with a VampPrior"
    idea = (
        "A VAE that also learns where codes should lie: around the codes of a few images of its "
        "own invention, in place of one heap around the centre."
    )
    paper = "Tomczak and Welling, VAE with a VampPrior"
    year = 2018
    suggested = {"likelihood": "bce"}

    class Config(VariationalConfig):
        pseudo_inputs: int = knob(
            50,
            "Invented images whose clouds make up the prior.",
            low=1,
            high=1000,
            log=True,
            label="Pseudo-inputs",
        )

    config: Config

    def build_halves(self, network: Network) -> None:
        super().build_halves(network)
        # As rows: images would take the convolutions' memory layout, which their gradient has not.
        self.logits = nn.Parameter(torch.randn(self.config.pseudo_inputs, self.mean.numel()))

    def prepare(self, images: Tensor, classes: Tensor, seed: int) -> None:  # noqa: ARG002
        generator = Generator().manual_seed(seed)
        rows = torch.randint(len(images), (len(self.logits),), generator=generator)
        chosen = to_float(images[rows.to(images.device)]).to(self.logits.dtype)
        raw = Bernoulli.raw_of(chosen) if self.layout.kind == "image" else chosen
        with torch.no_grad():
            self.logits.copy_(raw.flatten(1))

    def invented(self) -> Tensor:
        """The pseudo-inputs: (K, C, H, W), of images in [0, 1]."""
        made = self.logits.sigmoid() if self.layout.kind == "image" else self.logits
        return made.view(-1, *self.mean.shape)

    def log_prior(self, code: Tensor) -> Tensor:
        parts = log_normal(code.unsqueeze(-2), *self.posterior(self.invented())).sum(-1)
        return parts.logsumexp(-1) - log(len(self.logits))

    @torch.no_grad()
    def sample_prior(self, count: int, generator: Generator | None = None) -> Tensor:
        mean, log_var = self.posterior(self.invented())
        size, device = (count,), mean.device
        rows = torch.randint(len(mean), size, generator=generator, device=device)
        noise = super().sample_prior(count, generator)
        return mean[rows] + (0.5 * log_var[rows]).exp() * noise
