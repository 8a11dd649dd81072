"""The Wasserstein autoencoder: the codes of all images together look like the prior.

E ||x - g(f(x))||² + λ MMD²(f(x), N(0, I)), Tolstikhin et al. 2018, equation 4 and algorithm 2: the
kernel is the inverse multiquadratic, and the estimate of MMD² has no bias, so that it swings
around 0, and below, once the codes are as the prior.
"""

from __future__ import annotations

from torch import Tensor

from aecore.config import knob
from aecore.models.base import ModelConfig, Terms, variants
from aecore.models.draws import normal_like
from aecore.models.mmd import imq_kernel, mmd_u
from aecore.models.plain import Plain


@variants.register("wae_mmd")
class WassersteinAutoencoder(Plain):
    """Compares the codes of a batch with as many draws from the prior."""

    title = "Wasserstein autoencoder (WAE)"
    idea = (
        "A plain autoencoder whose codes, all images together, are spread like a standard normal "
        "cloud, so that a draw from that cloud decodes to a believable image."
    )
    paper = "Tolstikhin et al., Wasserstein Auto-Encoders"
    year = 2018
    family = "other regularisers"
    suggested = {"latent_dim": 8, "batch_size": 256}
    whole_batch = True

    class Config(ModelConfig):
        mmd_weight: float = knob(
            10.0,
            "How much it counts that the codes are spread like the prior, against the error of "
            "the reconstruction summed over all pixels; larger images need more.",
            low=0.1,
            high=10_000,
            log=True,
            label="Weight of the prior",
        )

    config: Config

    @property
    def numbers_a_pair(self) -> int:
        return 32

    def loss(self, x: Tensor, target: Tensor) -> Terms:
        z = self.encode(x)
        discrepancy = mmd_u(z, normal_like(z), imq_kernel)
        return {
            "reconstruction": self.reconstruction(self.decode_raw(z), target),
            "mmd": self.config.mmd_weight * discrepancy,
        }
