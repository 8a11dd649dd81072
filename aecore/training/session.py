"""The training loop: a generator of events that can be captured and continued bit by bit."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from math import isfinite

import torch
from torch import Tensor

from aecore.corruptions import Corruption
from aecore.datasets import ImageData
from aecore.models import Autoencoder
from aecore.training.batches import Batches
from aecore.training.config import TrainConfig
from aecore.training.devices import pick_device
from aecore.training.events import (
    EpochDone,
    Event,
    Failed,
    Finished,
    LearningRateChanged,
    Logged,
    StepDone,
)
from aecore.training.learner import Learner
from aecore.training.parallel import ALONE, Parallel
from aecore.training.position import Position
from aecore.training.schedules import PLATEAU_FACTOR, PLATEAU_PATIENCE, factor
from aecore.training.snapshots import Showcase, Snapshots, showcase, snapshot_steps
from aecore.training.validation import Validation

MOST_STEPS_BETWEEN_LOGS = 20
LOGS_A_RUN = 300
VALIDATIONS_A_RUN = 200
MOST_STEPS_BETWEEN_COPIES = 20


class TrainingSession:
    """One model in training.

    Iterate over `events()`; stop iterating to pause. At a `StepDone` (and before the first
    event) `aecore.training.state.capture` takes the whole state. While events are drawn, the
    session owns torch's global random state: draw no random numbers of your own in between.
    """

    def __init__(
        self,
        model: Autoencoder,
        data: ImageData,
        corruption: Corruption,
        config: TrainConfig,
        changes: Mapping[int, float] | None = None,
        parallel: Parallel = ALONE,
    ) -> None:
        """Move model and data to the device and get ready.

        Args:
            changes: learning rates by the step from which each holds, to repeat a run in which
                somebody changed it by hand.
            parallel: this process among those that train the model together. All must draw the
                events to the same step; only the first validates and takes snapshots.
        """
        self.config = config
        self.parallel = parallel
        self.device = pick_device(config.device)
        # oneDNN and cuDNN convolve this layout about 1.5 times faster; only kernels are 4-D.
        self.model = model.to(self.device).to(memory_format=torch.channels_last)
        images = data.part("train").to(self.device)
        self.classes = data.part_labels("train").to(self.device)
        self.model.prepare(images, self.classes, config.seed)
        self.batches = Batches(images, config.batch_size, corruption, config.seed)
        self.validation = Validation(data, corruption, config, self.device)
        self.shown: Showcase = showcase(data, corruption, config.seed)
        self.snapshots = Snapshots(self.shown, self.device)
        self.total_steps = len(self.batches) * config.epochs
        self.learner = Learner(self.model, config, self.device, parallel, self.total_steps)
        self.position = Position(learning_rate=config.learning_rate, processes=parallel.size)
        self.sums = torch.zeros(0, device=self.device)
        self.best: list[Tensor] = []
        self.safe = self._copy()
        self._changes = dict(changes or {})
        self._log_every = min(MOST_STEPS_BETWEEN_LOGS, max(1, self.total_steps // LOGS_A_RUN))
        self._validate_every = max(1, config.epochs // VALIDATIONS_A_RUN)
        self._snapshot_steps = snapshot_steps(self.total_steps)

    def set_learning_rate(self, value: float) -> None:
        """Change the learning rate from the next step on; an event will tell that step."""
        self._changes[self.position.step + 1] = value

    def events(self) -> Iterator[Event]:
        """Train, from wherever the session stands."""
        at = self.position
        torch.set_flush_denormal(True)  # a collapsed model is 7 times slower with denormals
        if at.step == 0:
            torch.manual_seed(self.config.seed)
            yield from self._snapshot()
        while at.step < self.total_steps and not at.stopped_early:
            yield from self._change_rate()
            self._step()
            if self._log_due():
                event = self._log()
                yield event
                if isinstance(event, Failed):
                    return
            if at.step % len(self.batches) == 0:
                yield from self._close_epoch()
            if at.step in self._snapshot_steps or at.stopped_early:
                yield from self._snapshot()
            yield StepDone(at.step, at.epoch)
        yield self._finish()

    def _change_rate(self) -> Iterator[Event]:
        value = self._changes.pop(self.position.step + 1, None)
        if value is not None:
            self.position.learning_rate = value
            yield LearningRateChanged(self.position.step + 1, value)

    def rate(self, step: int) -> float:
        """The learning rate that a step uses: what was chosen, times the schedule."""
        at = self.position
        return at.learning_rate * at.rate_factor * factor(self.config, step, self.total_steps)

    def _step(self) -> None:
        at = self.position
        at.epoch, place = divmod(at.step, len(self.batches))
        x, target = self.batches.get(at.epoch, place)
        if not self.model.training:
            self.model.train()
        rate = self.rate(at.step + 1)
        terms = self.learner(x, target, self.classes, self.batches.rows, at.step, rate)
        at.step += 1
        with torch.no_grad():
            self._add(list(terms), torch.stack(list(terms.values())).float())

    def _add(self, names: list[str], values: Tensor) -> None:
        at = self.position
        if at.logged_steps == 0:
            at.terms, self.sums = names, values.clone()
        else:
            self.sums += values
        at.logged_steps += 1

    def _log_due(self) -> bool:
        step = self.position.step
        regular = step <= 10 or step % self._log_every == 0 or step % len(self.batches) == 0
        return regular or self.learner.phase_over(step)  # the terms of two phases do not mix

    def _log(self) -> Logged | Failed:
        """Read the loss back (the only wait for the device), and check that it is a number."""
        at = self.position
        means = (self.sums / at.logged_steps).tolist()
        at.logged_steps = 0
        copy = self._copy_due()
        if not all(isfinite(value) for value in means) or (copy and not self.finite()):
            return self._fail()
        if copy:
            self._keep(self.safe)
            at.safe_step = at.step
        terms = dict(zip(at.terms, means, strict=True))
        return Logged(at.step, at.epoch, "train", terms, self.rate(at.step))

    def _copy_due(self) -> bool:
        """Whether to check and copy the weights; bad ones show in the next loss anyway."""
        at = self.position
        gap = min(MOST_STEPS_BETWEEN_COPIES, at.step // 4 + 1)
        return at.step - at.safe_step >= gap or at.step == self.total_steps

    def finite(self) -> bool:
        """Whether every weight is a finite number."""
        with torch.no_grad():
            norms = torch._foreach_norm(list(self.model.parameters()))
            return bool(torch.stack(norms).isfinite().all())

    def _fail(self) -> Failed:
        at = self.position
        self._put_back(self.safe)
        message = (
            f"The loss stopped being a number by step {at.step} (epoch {at.epoch + 1}). "
            f"The weights of step {at.safe_step}, the last good ones, were kept. "
            "Try a smaller learning rate or gradient clipping."
        )
        return Failed(at.step, at.epoch, "non_finite_loss", message, at.safe_step)

    def _close_epoch(self) -> Iterator[Event]:
        at = self.position
        done = at.epoch + 1
        if done % self._validate_every == 0 or done == self.config.epochs:
            terms = self.validation.terms(self.model) if self.parallel.first else {}
            yield Logged(at.step, at.epoch, "validation", terms, self.rate(at.step))
            (loss,) = self.parallel.share([self.model.judged(terms)])
            self._judge(loss)
        yield EpochDone(at.step, at.epoch)

    def _judge(self, loss: float) -> None:
        """Remember the best validation loss; stop or slow down where none comes."""
        at = self.position
        if at.judge(loss):
            if self.config.patience:
                self.best = self.best or self._copy()
                self._keep(self.best)
            return
        if self.config.schedule == "plateau" and at.stale_validations % PLATEAU_PATIENCE == 0:
            at.rate_factor *= PLATEAU_FACTOR
        if 0 < self.config.patience <= at.epoch - at.best_epoch:
            at.stopped_early = True

    def _snapshot(self) -> Iterator[Event]:
        if self.parallel.first:
            self.model.eval()
            yield self.snapshots.take(self.model, self.position.step, self.position.epoch)

    def _finish(self) -> Finished:
        at = self.position
        kept = at.step
        if self.config.patience and self.best:
            self._put_back(self.best)
            kept = at.best_step
        self.model.eval()
        early = at.stopped_early
        return Finished(at.step, at.epoch, "early_stopping" if early else "completed", kept)

    def weights(self) -> list[Tensor]:
        """Parameters and buffers (batch-norm statistics), in a fixed order."""
        return list(self.model.state_dict().values())

    def _copy(self) -> list[Tensor]:
        return [tensor.clone() for tensor in self.weights()]

    def _keep(self, place: list[Tensor]) -> None:
        torch._foreach_copy_(place, self.weights())

    def _put_back(self, place: list[Tensor]) -> None:
        torch._foreach_copy_(self.weights(), place)
