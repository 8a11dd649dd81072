"""What denoisers share whose picture also goes around the narrow middle: they have no code."""

from __future__ import annotations

from abc import abstractmethod
from typing import ClassVar

from torch import Tensor

from aecore.config import knob
from aecore.models.base import Autoencoder, ModelConfig, Terms
from aecore.samples import IMAGES


class BridgedConfig(ModelConfig):
    """The knobs of the family."""

    latent_dim: int = knob(
        16,
        "Has no effect here: the picture goes around the middle, so there is no code to size.",
        low=1,
        high=4096,
        log=True,
        label="Code size",
    )


class Bridged(Autoencoder):
    """Abstract: the clean image from a damaged one, by layers of its own."""

    family = "classic"
    suggested = {"corruption": "gaussian"}
    uses_network = False
    needs_corruption = True
    has_code = False
    kinds = IMAGES
    Config: ClassVar[type[BridgedConfig]] = BridgedConfig  # type: ignore[assignment]

    @abstractmethod
    def cleaned_raw(self, x: Tensor) -> Tensor:
        """(n, C, H, W) to the cleaned image: pixels for mse, their logits for bce."""

    def forward(self, x: Tensor) -> Tensor:
        return self.picture(self.cleaned_raw(x))

    def loss(self, x: Tensor, target: Tensor) -> Terms:
        return {"reconstruction": self.reconstruction(self.cleaned_raw(x), target)}
