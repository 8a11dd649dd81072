"""Loss terms of a batch and the gradients of their sum: by hand where it can be, or by autograd."""

from __future__ import annotations

from contextlib import nullcontext

import torch
from torch import Tensor

from aecore.models import Autoencoder
from aecore.models.base import ByHand
from aecore.training.config import TrainConfig
from aecore.training.devices import precision


class Gradients:
    """Call it with a batch; the model must be in training mode."""

    def __init__(self, model: Autoencoder, config: TrainConfig, device: torch.device) -> None:
        self.model = model
        self.config = config
        self.device = device
        everything = list(model.parameters())
        self.parameters: list[Tensor] = [p for p in everything if p.requires_grad]
        # What is written by hand knows one precision, and no frozen layers.
        whole = len(self.parameters) == len(everything)
        exact = isinstance(precision(config, device), nullcontext)
        self._hands_allowed = whole and exact and device.type == "cpu"

    def __call__(self, x: Tensor, target: Tensor) -> ByHand:
        """Named terms, and a gradient for each of `parameters`."""
        found = self.model.by_hand(x, target) if self._hands_allowed else None
        return found or self._by_autograd(x, target)

    def _by_autograd(self, x: Tensor, target: Tensor) -> ByHand:
        with precision(self.config, self.device):
            terms = self.model.loss(x, target)
            first, *others = terms.values()
            total = sum(others, first)
        return terms, list(torch.autograd.grad(total, self.parameters))
