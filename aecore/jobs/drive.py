"""One run from wherever it stands to its end: the same for a worker, a shell and a test."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator

import torch

from aecore.datasets import ImageData, Progress, open_data
from aecore.errors import AecoreError, DataUnavailable, RunFailed, StoreError
from aecore.jobs.recorder import Recorder
from aecore.models import new_model
from aecore.runs.checkpoints import load_last
from aecore.runs.control import claim
from aecore.runs.database import Database
from aecore.runs.store import Run
from aecore.training import Event, Failed, Finished, StepDone, TrainingSession, restore

LEFT = {"pause": "paused", "stop": "stopped"}


class _Left(Exception):  # noqa: N818  not an error: somebody asked to pause or stop
    """Raised inside a download to leave it."""


class Driver:
    """Trains a run in this process and records it. Iterate over `events()`.

    Commands from the run's database (pause, stop, learning rate) are obeyed; `leave` asks the
    same from inside, for a signal. Every way out leaves a checkpoint and a true status.
    """

    def __init__(self, run: Run) -> None:
        self.run = run
        self.leave: str | None = None
        self._handled = 0

    def events(self) -> Iterator[Event]:
        """Events as the session tells them. Raises RunFailed, InputError or StoreError."""
        database = self.run.database()
        try:
            if not claim(database):
                return
            yield from self._guarded(database)
        finally:
            database.close()

    def _guarded(self, database: Database) -> Iterator[Event]:
        """Turn whatever goes wrong into one sentence in the status."""
        try:
            yield from self._train(database)
        except _Left:
            database.set_status({"state": LEFT[self.leave or "stop"], "message": ""})
        except (StoreError, DataUnavailable) as error:
            # The disk or the network is at fault, not the run: it can go on once that is mended.
            database.set_status({"state": "paused", "message": str(error)})
            raise
        except AecoreError as error:
            database.set_status({"state": "failed", "message": str(error)})
            raise
        except (torch.OutOfMemoryError, MemoryError) as error:
            message = "The machine ran out of memory; choose a smaller batch, width or code size."
            database.set_status({"state": "failed", "reason": "memory", "message": message})
            raise RunFailed("memory", message) from error
        except Exception as error:
            message = f"Training broke off with an unexpected error ({type(error).__name__}); "
            message += f"log.txt in the folder of run {self.run.id} tells where."
            database.set_status({"state": "failed", "reason": "error", "message": message})
            raise

    def _train(self, database: Database) -> Iterator[Event]:
        session = self._session(database)
        recorder = Recorder(self.run, database)
        recorder.showcase(session.shown)
        database.set_status({"state": "running", "message": "", "total_steps": session.total_steps})
        for event in session.events():
            recorder.note(event)
            if isinstance(event, Finished | Failed):
                self._end(recorder, session, event)
            elif isinstance(event, StepDone):
                if recorder.due():
                    recorder.flush(session)
                    self._obey(database, session)
                recorder.checkpoint(session)
            yield event
            if self.leave and isinstance(event, StepDone):
                self._go(recorder, session)
                return

    def _session(self, database: Database) -> TrainingSession:
        spec = self.run.spec
        torch.set_num_threads(spec.training.threads)
        data = self._data(database)
        network = spec.make_network(data.shape)
        model = new_model(spec.variant, spec.model, network, data.mean, spec.training.seed)
        changes = {**dict(spec.learning_rate_changes), **database.changes()}
        session = TrainingSession(model, data, spec.make_corruption(), spec.training, changes)
        state, problems = load_last(self.run.checkpoints)
        for problem in problems:
            print(problem, file=sys.stderr, flush=True)  # noqa: T201  a worker's goes to its log
        if state is not None:
            restore(session, state)
        return session

    def _data(self, database: Database) -> ImageData:
        spec, last = self.run.spec, 0.0

        def report(progress: Progress) -> None:
            nonlocal last
            self._obey(database, None)
            if self.leave:
                raise _Left
            if time.monotonic() - last > 0.3:
                last = time.monotonic()
                database.set_status({"message": _download_sentence(progress)})

        return open_data(spec.dataset, spec.source, spec.splits, report)

    def _obey(self, database: Database, session: TrainingSession | None) -> None:
        for number, action, value in database.commands(self._handled):
            self._handled = number
            if action in ("pause", "stop"):
                self.leave = action
            elif session is not None and value is not None:
                session.set_learning_rate(value)

    def _go(self, recorder: Recorder, session: TrainingSession) -> None:
        doing = "pausing" if self.leave == "pause" else "stopping"
        recorder.flush(session, state=doing)
        recorder.checkpoint(session, now=True)
        recorder.flush(session, state=LEFT[self.leave or "stop"])

    def _end(self, recorder: Recorder, session: TrainingSession, event: Finished | Failed) -> None:
        recorder.checkpoint(session, now=True)
        if isinstance(event, Failed):
            recorder.flush(session, state="failed", reason=event.reason, message=event.message)
            return
        message = "Finished."
        if event.reason == "early_stopping":
            message = f"Stopped early: validation was best at step {event.kept_step}; kept that."
        recorder.flush(session, state="finished", message=message)


def _download_sentence(progress: Progress) -> str:
    done = f"{progress.done / 1e6:.1f}"
    if not progress.total:
        return f"Downloading {progress.what}: {done} MB so far."
    return f"Downloading {progress.what}: {done} of {progress.total / 1e6:.1f} MB."
