"""One step of learning: gradients, clipping, optimiser; afresh with each phase of a model."""

from __future__ import annotations

import torch
from torch import Tensor

from aecore.errors import InputError
from aecore.models import Autoencoder, Terms
from aecore.models.moment import Moment
from aecore.training.config import TrainConfig
from aecore.training.gradients import Gradients
from aecore.training.optimizers import OPTIMIZERS, clip
from aecore.training.parallel import Parallel


class Learner:
    """Call it with a batch; the model must be in training mode."""

    def __init__(
        self,
        model: Autoencoder,
        config: TrainConfig,
        device: torch.device,
        parallel: Parallel,
        total_steps: int,
    ) -> None:
        """Get ready for the first step.

        Raises InputError where several processes cannot train this variant together.
        """
        if model.whole_batch and not parallel.alone:
            raise InputError(
                f"The variant {model.name} needs all images of a batch at once, so it cannot be "
                f"split over {parallel.size} processes; train it in one."
            )
        self.model = model
        self.config = config
        self.total_steps = total_steps
        self._device = device
        self._parallel = parallel
        self.enter(0)

    def enter(self, step: int) -> None:
        """Train what the phase of this step (counted from 0) trains, with a fresh optimiser."""
        self.phase = self.model.phase(step / self.total_steps)
        self.model.enter(self.phase)
        self.gradients = Gradients(self.model, self.config, self._device, self._parallel)
        rule = OPTIMIZERS[self.config.optimizer]
        self.optimizer = rule(self.gradients.parameters, self.config.weight_decay)

    def phase_over(self, step: int) -> bool:
        """Whether the step after this many belongs to another phase."""
        return self.model.phase(step / self.total_steps) != self.phase

    def __call__(
        self, x: Tensor, target: Tensor, classes: Tensor, rows: Tensor, step: int, rate: float
    ) -> Terms:
        """Change the weights once.

        Args:
            x, target: (n, C, H, W), the whole batch.
            classes, rows: as in `Moment`.
            step: how many steps are done.
            rate: the learning rate of this one.

        Returns the named terms of the loss before it. Raises ProcessLost.
        """
        if self.phase_over(step):
            self.enter(step)
        self.model.moment = Moment(step / self.total_steps, classes, rows)
        terms, gradients = self.gradients(x, target, step)
        with torch.no_grad():
            if self.config.clip_norm:
                clip(gradients, self.config.clip_norm)
            self.optimizer.step(gradients, rate)
            self.model.after_step()
        return terms
