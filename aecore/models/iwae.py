"""The importance-weighted autoencoder: several codes for each image, and a tighter bound.

-L_K = -E log 1/K sum_k p(x, z_k) / q(z_k|x), with z_k ~ q(z|x): Burda, Grosse and Salakhutdinov
2015, equation 8. L_1 is the ELBO; L_K rises with K towards log p(x).
"""

from math import log

from torch import Tensor

from aecore.config import knob
from aecore.models.base import Terms, variants
from aecore.models.variational import GaussianVariational, VariationalConfig


@variants.register("iwae")
class IWAE(GaussianVariational):
    """Told in three parts whose sum is -L_K: those of the ELBO, and what K codes gain on it.

    With autograd through the log-sum-exp each code's gradient has its normalised weight. The
    encoder's gradient gets noisier as K grows (Rainforth et al. 2018).
    """

    title = "Importance-weighted autoencoder (IWAE)"
    idea = (
        "Tries several codes for each image and counts the good ones more. "
        "That measures better how likely an image is, and lets the clouds of codes be less simple."
    )
    paper = "Burda et al., Importance Weighted Autoencoders"
    year = 2015
    suggested = {"likelihood": "bce"}

    class Config(VariationalConfig):
        draws: int = knob(
            5,
            "Codes that are tried for each image; 1 is the VAE, and each more costs time.",
            low=1,
            high=100,
            log=True,
            label="Codes per image (K)",
        )

    config: Config

    def loss(self, x: Tensor, target: Tensor) -> Terms:
        distortion, rate = self.weigh(x, target, self.config.draws)
        rate = self.warmed(rate)
        elbo = -(distortion + rate)
        bound = elbo.logsumexp(1) - log(self.config.draws)
        return {
            "reconstruction": distortion.mean(),
            "kl": rate.mean(),
            "tightening": (elbo.mean(1) - bound).mean(),
        }
