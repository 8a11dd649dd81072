"""The denoising autoencoder: see a damaged image, give back the clean one.

E over x and its corruption y of sum_i w_i (x_i - g(f(y))_i)², with w larger on the pixels that
were damaged: the emphasised form of Vincent et al. 2010. Its best answer is E[x | y].
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from aecore.config import knob
from aecore.models import outputs
from aecore.models.base import ByHand, ModelConfig, Terms, variants
from aecore.models.plain import Plain


@variants.register("denoising")
class DenoisingAutoencoder(Plain):
    """Weighs damaged pixels by 2·emphasis and untouched ones by 2·(1 − emphasis)."""

    title = "Denoising autoencoder"
    idea = (
        "Sees a damaged image and must give back the clean one, "
        "so it learns what images look like instead of copying pixels."
    )
    paper = "Vincent et al., Stacked Denoising Autoencoders"
    year = 2010
    family = "classic"
    suggested = {"corruption": "gaussian", "latent_dim": 64}
    needs_corruption = True

    class Config(ModelConfig):
        emphasis: float = knob(
            0.5,
            "Weight of damaged pixels against untouched ones; 0.5 treats them alike.",
            low=0,
            high=1,
        )

    config: Config

    def loss(self, x: Tensor, target: Tensor) -> Terms:
        raw = self.decode_raw(self.encode(x))
        emphasis = self.config.emphasis
        if emphasis == 0.5:
            return {"reconstruction": self.reconstruction(raw, target)}
        weight = torch.where(x == target, 2 * (1 - emphasis), 2 * emphasis)
        if self.config.likelihood == "bce":
            total = F.binary_cross_entropy_with_logits(raw, target, weight, reduction="sum")
        else:
            total = (weight * outputs.distance(raw, target, self.layout.groups)).sum()
        return {"reconstruction": total / len(target)}

    def by_hand(self, x: Tensor, target: Tensor) -> ByHand | None:
        return self.copy_by_hand(x, target) if self.config.emphasis == 0.5 else None
