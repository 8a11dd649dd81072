"""The variational autoencoder: every image gets a small cloud of codes instead of a point.

-ELBO = E_q[-log p(x|z)] + KL(q(z|x) || N(0, I)) with
KL = ½ Σ_j (mean_j² + var_j − 1 − log var_j): Kingma and Welling 2013, equation 10, appendix B.
"""

from aecore.models.base import Terms, variants
from aecore.models.variational import Posterior, Variational, gaussian_kl


@variants.register("vae")
class VAE(Variational):
    """The evidence lower bound, nothing added."""

    title = "Variational autoencoder (VAE)"
    idea = (
        "Gives each image a small cloud of codes and keeps all clouds near the centre, "
        "so that codes in between decode to believable images too."
    )
    paper = "Kingma and Welling, Auto-Encoding Variational Bayes"
    year = 2013
    suggested = {"likelihood": "bce"}

    def penalty(self, posterior: Posterior) -> Terms:
        return {"kl": gaussian_kl(posterior).sum(1).mean()}
