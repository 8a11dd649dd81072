"""The β-VAE: a VAE that pays more, or less, for what its code tells.

-E_q[log p(x|z)] + β KL(q(z|x) || N(0, I)): Higgins et al. 2017, equation 4. With a capacity,
+ γ |KL - C| with C rising during training: Burgess et al. 2018, equation 8.
"""

from torch import Tensor

from aecore.config import knob
from aecore.models.base import Terms, variants
from aecore.models.standard_prior import StandardPrior, StandardPriorConfig
from aecore.models.variational import Posterior
from aecore.networks import Network


@variants.register("beta_vae")
class BetaVAE(StandardPrior):
    """A weight on the KL, or a target for it."""

    title = "β-VAE"
    idea = (
        "A VAE with a weight on how much its code may tell. A larger weight tends to give each "
        "number of the code a meaning of its own, and blurrier images."
    )
    paper = "Higgins et al., beta-VAE: Learning Basic Visual Concepts"
    year = 2017
    suggested = {"likelihood": "bce"}

    class Config(StandardPriorConfig):
        beta: float = knob(
            2.0,
            "Weight of the KL beside the reconstruction; what suits depends on the image size: "
            "0.05 to 3 for 8×8 pixels, where 4 empties the code, and 0.1 to 20 for 28×28.",
            low=0.01,
            high=20,
            log=True,
            label="β",
        )
        capacity: float = knob(
            0.0,
            "Nats that the code is asked to tell at the end, rising evenly from 0 over all steps; "
            "0 turns this off, and any other value takes the place of β.",
            low=0,
            high=100,
            label="Capacity",
        )
        capacity_weight: float = knob(
            30.0,
            "Price of each nat away from the capacity (used with a capacity only).",
            low=1,
            high=1000,
            log=True,
            label="Capacity weight γ",
        )

    config: Config

    def build_halves(self, network: Network) -> None:
        super().build_halves(network)
        if self.config.capacity:  # the distance of the batch's mean KL, as Burgess et al. take it
            self.whole_batch = True

    def penalty(self, posterior: Posterior, code: Tensor) -> Terms:  # noqa: ARG002
        kl = self.kl(posterior)
        if not self.config.capacity:
            return {"kl": self.config.beta * kl}
        target = self.config.capacity * self.moment.progress
        return {"kl": self.config.capacity_weight * (kl - target).abs()}
