"""What `train` and `resume` tell while they go on: a line for people, or JSON for machines."""

from __future__ import annotations

import re
import sys
import time
from abc import ABC, abstractmethod
from dataclasses import asdict

from aecore.cli.output import complain, say, say_json
from aecore.cli.parser import PROGRAM
from aecore.runs import Cost, Run
from aecore.training import Event, Failed, Finished, Logged, SnapshotTaken, StepDone

TERMINAL_SECONDS = 0.2
"""Between two states of the line on a terminal, which is written over."""
FILE_SECONDS = 10.0
"""Between two lines where standard error is a file."""


class Report(ABC):
    """Tells how one run goes."""

    def __init__(self, run: Run, cost: Cost) -> None:
        self.run = run
        self.cost = cost

    @abstractmethod
    def start(self) -> None:
        """Before the first step."""

    @abstractmethod
    def note(self, event: Event) -> None:
        """Each event."""

    @abstractmethod
    def finished(self, event: Finished) -> None:
        """The end of a run that went through."""

    @abstractmethod
    def failed(self, reason: str, message: str) -> None:
        """The end of a run that did not: a code, and a sentence."""

    @abstractmethod
    def left(self, state: str, step: int) -> None:
        """The end for now: the run is paused or stopped."""


class JsonReport(Report):
    """One JSON object a line on standard output; the last is finished, failed, paused or stopped.

    Steps are left out, and the tensors of snapshots.
    """

    def start(self) -> None:
        """The run's id, so that others can find it from the start."""
        cost = {k: v for k, v in asdict(self.cost).items() if k in ("parameters", "code_size")}
        self._say("started", run=self.run.id, steps=self.cost.steps, **cost)

    def note(self, event: Event) -> None:
        """The event under its name; how it ends is told by `finished` or `failed`."""
        if isinstance(event, StepDone | Finished | Failed):
            return
        if isinstance(event, SnapshotTaken):
            self._say(
                "snapshot_taken", step=event.step, epoch=event.epoch, explained=event.explained
            )
            return
        self._say(_snake(type(event).__name__), **asdict(event))

    def finished(self, event: Finished) -> None:
        """The last line."""
        self._say("finished", run=self.run.id, **asdict(event))

    def failed(self, reason: str, message: str) -> None:
        """The last line, and the sentence on standard error too."""
        self._say("failed", run=self.run.id, reason=reason, message=message)
        complain(message, 1)

    def left(self, state: str, step: int) -> None:
        """The last line."""
        self._say(state, run=self.run.id, step=step)

    def _say(self, event: str, **values: object) -> None:
        say_json({"event": event, **values})


class TextReport(Report):
    """Sentences on standard output, and on standard error one line that is kept up to date."""

    def __init__(self, run: Run, cost: Cost) -> None:
        super().__init__(run, cost)
        self._terminal = sys.stderr.isatty()
        self._terms: dict[str, dict[str, float]] = {}
        self._began: tuple[float, int] | None = None
        self._shown = 0.0

    def start(self) -> None:
        """What is about to be trained."""
        cost = self.cost
        code = f"{cost.code_size:,} in the code" if self.run.spec.kind.has_code else "no code"
        say(
            f"Run {self.run.id}: {cost.parameters:,} parameters, {cost.pixels:,} numbers an image, "
            f"{code}, {cost.train_images:,} images, {cost.steps:,} steps."
        )

    def note(self, event: Event) -> None:
        """Keep the line up to date."""
        if isinstance(event, Logged):
            self._terms[event.split] = dict(event.terms)
        if isinstance(event, StepDone):
            now = time.monotonic()
            self._began = self._began or (now, event.step)
            if now - self._shown >= (TERMINAL_SECONDS if self._terminal else FILE_SECONDS):
                self._shown = now
                self._show(event)

    def finished(self, event: Finished) -> None:
        """Where it ended."""
        self._newline()
        early = f" early, with the weights of step {event.kept_step}" * (
            event.kept_step < event.step
        )
        say(f"Finished{early} at step {event.step}. {self._losses()}")
        say(f"See how good it is: {PROGRAM} evaluate {self.run.id}")

    def failed(self, reason: str, message: str) -> None:  # noqa: ARG002  people need the sentence
        """Why."""
        self._newline()
        complain(message, 1)

    def left(self, state: str, step: int) -> None:
        """How to go on."""
        self._newline()
        onward = f"; go on with: {PROGRAM} resume {self.run.id}" * (state == "paused")
        say(f"{state.capitalize()} at step {step}{onward}")

    def _show(self, event: StepDone) -> None:
        epochs = self.run.spec.training.epochs
        line = f"epoch {event.epoch + 1}/{epochs}  {self._losses()}  {self._pace(event.step)}"
        if self._terminal:
            sys.stderr.write(f"\r\x1b[K{line}")
        else:
            sys.stderr.write(f"{line}\n")
        sys.stderr.flush()

    def _losses(self) -> str:
        """Such as `train reconstruction 4.21 kl 3.10 | validation …`."""
        return " | ".join(
            f"{split} " + " ".join(f"{name} {value:.4g}" for name, value in terms.items())
            for split, terms in self._terms.items()
        )

    def _pace(self, step: int) -> str:
        began, first = self._began or (time.monotonic(), step)
        seconds, steps = time.monotonic() - began, step - first
        if steps == 0 or seconds <= 0:
            return ""
        batch = min(self.run.spec.training.batch_size, self.cost.train_images)
        left = (self.cost.steps - step) * seconds / steps
        return f"{steps / seconds * batch:,.0f} img/s  {left:.0f} s left"

    def _newline(self) -> None:
        if self._terminal and self._shown:
            sys.stderr.write("\n")
            sys.stderr.flush()


def _snake(name: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()
