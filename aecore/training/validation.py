"""Loss terms on the validation split: the same images, damage and draws every time."""

from __future__ import annotations

import torch
from torch import Generator, Tensor

from aecore.corruptions import Corruption
from aecore.datasets import ImageData
from aecore.models import Autoencoder
from aecore.models.moment import Moment
from aecore.samples import to_float
from aecore.training.batches import HELD_OUT, stream
from aecore.training.config import TrainConfig
from aecore.training.devices import precision, random_state, set_random_state

CHUNK = 256


class Validation:
    """Computes the terms of a model's loss over the whole validation split."""

    def __init__(
        self, data: ImageData, corruption: Corruption, config: TrainConfig, device: torch.device
    ) -> None:
        self.images = data.part("validation").to(device)
        self.classes = data.part_labels("validation").to(device)
        self.rows = torch.arange(len(self.images), device=device)
        self.corruption = corruption
        self.config = config
        self.device = device

    def terms(self, model: Autoencoder) -> dict[str, float]:
        """Mean of each term over the split; leaves the global random state as it was."""
        before = random_state(self.device)
        torch.manual_seed(stream(self.config.seed, HELD_OUT))
        try:
            return self._terms(model)
        finally:
            set_random_state(self.device, before)

    def _terms(self, model: Autoencoder) -> dict[str, float]:
        noise = Generator(self.device).manual_seed(stream(self.config.seed, HELD_OUT))
        model.eval()
        totals: dict[str, Tensor] = {}
        with torch.inference_mode(), precision(self.config, self.device):
            for rows in self.rows.split(CHUNK):
                part = self.images[rows]
                target = to_float(part)
                model.moment = Moment(1.0, self.classes, rows)
                terms = model.loss(self.corruption(target, noise), target)
                for name, value in terms.items():
                    totals[name] = totals.get(name, 0) + value.float() * len(part)
        return {name: float(total) / len(self.images) for name, total in totals.items()}
