"""Where a session stands, in plain numbers."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass
class Position:
    """Everything of a session that is a plain number; the rest of its state is tensors."""

    step: int = 0
    epoch: int = 0
    learning_rate: float = 0.0
    logged_steps: int = 0
    rate_factor: float = 1.0
    best: float = float("inf")
    best_step: int = 0
    best_epoch: int = 0
    stale_validations: int = 0
    safe_step: int = 0
    stopped_early: bool = False
    processes: int = 1
    terms: list[str] = field(default_factory=list)

    def judge(self, loss: float) -> bool:
        """Whether this validation loss is the best so far; those that are not are counted."""
        if loss < self.best:
            self.best, self.best_step, self.best_epoch = loss, self.step, self.epoch
            self.stale_validations = 0
            return True
        self.stale_validations += 1
        return False
