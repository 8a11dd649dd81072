"""The InfoVAE: a VAE that matches all codes together to the prior, and each less.

-E_q[log p(x|z)] + (1 - α) KL(q(z|x) || p(z)) + (α + λ - 1) MMD²(q(z), p(z)): Zhao, Song and Ermon
2019, equation 6. α = 1 is the MMD-VAE, α = 0 and λ = 1 the VAE.
"""

from typing import Literal

from torch import Tensor

from aecore.config import knob
from aecore.models.base import Terms, variants
from aecore.models.draws import normal_like
from aecore.models.mmd import Kernel, imq_kernel, mmd_u, rbf_kernel
from aecore.models.standard_prior import StandardPrior, StandardPriorConfig
from aecore.models.variational import Posterior

KERNELS: dict[str, Kernel] = {"imq": imq_kernel, "rbf": rbf_kernel}


@variants.register("info_vae")
class InfoVAE(StandardPrior):
    """The `mmd` term is an unbiased estimate: near its goal it is below 0 half the time."""

    title = "InfoVAE (MMD-VAE)"
    idea = (
        "Asks that all codes together fill the space around the centre, and less that each "
        "cloud does. So a code can tell more of its image than a VAE's may."
    )
    paper = "Zhao et al., InfoVAE: Balancing Learning and Inference"
    year = 2019
    suggested = {"likelihood": "bce"}
    whole_batch = True

    class Config(StandardPriorConfig):
        alpha: float = knob(
            0.5,
            "How much of the price of each single cloud is taken away; 1 takes all of it.",
            low=0,
            high=1,
            label="α",
        )
        match: float = knob(
            20.0,
            "Weight of the match between all codes together and the prior, beside a "
            "reconstruction that is summed over pixels: larger images bear more.",
            low=1,
            high=10_000,
            log=True,
            label="λ",
        )
        kernel: Literal["imq", "rbf"] = knob(
            "imq",
            "How two codes are compared: with a long reach (imq) or like a bell curve (rbf).",
        )

    config: Config

    @property
    def numbers_a_pair(self) -> int:
        return 32

    def penalty(self, posterior: Posterior, code: Tensor) -> Terms:
        alpha, match = self.config.alpha, self.config.match
        distance = mmd_u(code, normal_like(code), KERNELS[self.config.kernel])
        return {
            "kl": (1 - alpha) * self.kl(posterior),
            "mmd": (alpha + match - 1) * distance,
        }
