"""The variational autoencoder: every image gets a small cloud of codes instead of a point.

-ELBO = E_q[-log p(x|z)] + KL(q(z|x) || N(0, I)) with
KL = ½ Σ_j (mean_j² + var_j − 1 − log var_j): Kingma and Welling 2013, equation 10, appendix B.
"""

from torch import Tensor

from aecore.models.base import Terms, variants
from aecore.models.standard_prior import StandardPrior
from aecore.models.variational import Posterior


@variants.register("vae")
class VAE(StandardPrior):
    """The evidence lower bound, nothing added."""

    title = "Variational autoencoder (VAE)"
    idea = (
        "Gives each image a small cloud of codes and keeps all clouds near the centre, "
        "so that codes in between decode to believable images too."
    )
    paper = "Kingma and Welling, Auto-Encoding Variational Bayes"
    year = 2013
    suggested = {"likelihood": "bce"}

    def penalty(self, posterior: Posterior, code: Tensor) -> Terms:  # noqa: ARG002
        return {"kl": self.kl(posterior)}
