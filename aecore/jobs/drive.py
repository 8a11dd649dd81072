"""One run from wherever it stands to its end: the same for a worker, a shell and a test."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict

import torch

from aecore.datasets import ImageData, Progress, open_data
from aecore.errors import AecoreError, Fenced, ProcessLost, RunFailed, StoreError
from aecore.jobs.failures import failure_of
from aecore.jobs.heartbeat import Heartbeat
from aecore.jobs.limits import lift_memory
from aecore.jobs.parallel import Crew
from aecore.jobs.recorder import Recorder
from aecore.models import new_model
from aecore.runs.checkpoints import load_last
from aecore.runs.control import claim
from aecore.runs.database import Database
from aecore.runs.spec import RunSpec
from aecore.runs.store import Run
from aecore.training import Event, Failed, Finished, State, StepDone, TrainingSession, restore
from aecore.training.parallel import ALONE, Parallel

LEFT = {"pause": "paused", "stop": "stopped"}


class _Left(Exception):  # noqa: N818  not an error: somebody asked to pause or stop
    """Raised inside a download to leave it."""


class Driver:
    """Trains a run in this process and records it. Iterate over `events()`.

    Commands from the run's database (pause, stop, learning rate) are obeyed; `leave` asks the
    same from inside, for a signal. Every way out leaves a checkpoint and a true status.

    Args:
        attempt: the number that an engine gave, else the next one.
        most_threads: caps what the run's settings ask for.
        fenced: called from another thread within two seconds of a newer attempt's claim.
        parallel: this process, the first, among those that train the run together.
    """

    def __init__(
        self,
        run: Run,
        attempt: int | None = None,
        most_threads: int | None = None,
        fenced: Callable[[], None] = lambda: None,
        parallel: Parallel = ALONE,
    ) -> None:
        self.run = run
        self.leave: str | None = None
        self.claimed = False
        self._attempt = attempt
        self._most_threads = most_threads
        self._fenced = fenced
        self._crew = Crew(parallel)
        self._rate: float | None = None
        self._handled = 0

    def events(self) -> Iterator[Event]:
        """Events as the session tells them; none where another has the run.

        Raises RunFailed, InputError, StoreError, ProcessLost, or Fenced once a newer attempt has
        the run.
        """
        database = self.run.database()
        try:
            attempt = claim(database, self._attempt)
            if attempt is None:
                return
            self.claimed = True
            self._handled = int(database.status().get("heard", 0))
            yield from self._guarded(database, attempt)
        finally:
            self._crew.dismiss()
            database.close()

    def _guarded(self, database: Database, attempt: int) -> Iterator[Event]:
        """Turn whatever goes wrong into one sentence in the status."""
        try:
            with Heartbeat(self.run, attempt, self._fenced):
                yield from self._train(database)
        except _Left:
            state = LEFT[self.leave or "stop"]
            database.set_status({"state": state, "message": "", "heard": self._handled})
        except Fenced:
            raise
        except ProcessLost as error:
            database.set_status({"state": "interrupted", "message": str(error)})
            raise
        except Exception as error:
            lift_memory()  # what is left to do takes a little, and may be all that is missing
            failure = failure_of(error, self.run)
            database.set_status(asdict(failure))
            if isinstance(error, AecoreError) or failure.reason == "error":
                raise
            if failure.reason == "disk":
                raise StoreError(failure.message) from error
            raise RunFailed(failure.reason, failure.message) from error

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
                recorder.heard = self._handled  # what it led to has been noted by now
                if self._crew.listening(event.step) and recorder.due():
                    recorder.flush(session)
                    self._obey(database, session)
                recorder.checkpoint(session)
            yield event
            if isinstance(event, StepDone) and self._leaving(event.step):
                self._go(recorder, session)
                return

    def _session(self, database: Database) -> TrainingSession:
        spec = self.run.spec
        threads = spec.training.threads
        torch.set_num_threads(min(threads, self._most_threads or threads))
        data = self._data(database)
        changes = {**dict(spec.learning_rate_changes), **database.changes()}
        parallel = self._crew.parallel
        session = make_session(spec, data, changes, parallel)
        state, problems = load_last(self.run.checkpoints)
        for problem in problems:
            print(problem, file=sys.stderr, flush=True)  # noqa: T201  a worker's goes to its log
        if state is not None:
            _tell_of_change(state, parallel)
            restore(session, state)
        self._crew.call(session.position.step, changes)
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
                told = {"message": _download_sentence(progress), "progress_at": time.time()}
                database.set_status(told)

        return open_data(spec.dataset, spec.source, spec.splits, report)

    def _obey(self, database: Database, session: TrainingSession | None) -> None:
        for number, action, value in database.commands(self._handled):
            self._handled = number
            if action in ("pause", "stop"):
                self.leave = action
            elif session is not None and value is not None:
                session.set_learning_rate(value)
                self._rate = value

    def _leaving(self, step: int) -> bool:
        """Whether to leave after this step; the other processes hear the same, and of the rate."""
        if not self._crew.listening(step):
            return False
        leaving, rate = self.leave is not None, self._rate  # a signal may change it in between
        self._rate = None
        self._crew.tell(step, leaving, rate)
        return leaving

    def _go(self, recorder: Recorder, session: TrainingSession) -> None:
        doing = "pausing" if self.leave == "pause" else "stopping"
        recorder.flush(session, state=doing)
        recorder.checkpoint(session, now=True)
        recorder.flush(session, state=LEFT[self.leave or "stop"], heard=self._handled)

    def _end(self, recorder: Recorder, session: TrainingSession, event: Finished | Failed) -> None:
        recorder.checkpoint(session, now=True)
        if isinstance(event, Failed):
            recorder.flush(session, state="failed", reason=event.reason, message=event.message)
            return
        message = "Finished."
        if event.reason == "early_stopping":
            message = f"Stopped early: validation was best at step {event.kept_step}; kept that."
        recorder.flush(session, state="finished", message=message)


def make_session(
    spec: RunSpec, data: ImageData, changes: Mapping[int, float], parallel: Parallel
) -> TrainingSession:
    """A new session of a run. Raises InputError where the settings do not fit data or device."""
    network = spec.make_network(data.shape)
    seed = spec.training.seed
    model = new_model(spec.variant, spec.model, network, data.mean, seed, data.layout)
    corruption = spec.make_corruption()
    return TrainingSession(model, data, corruption, spec.training, changes, parallel)


def _tell_of_change(state: State, parallel: Parallel) -> None:
    before, now = state.numbers.get("processes", 1), parallel.size
    if before != now:
        print(  # noqa: T201  a worker's goes to its log
            f"Processes that train: {before} until step {state.numbers['step']}, {now} from here "
            "on. The run continues, but not bit by bit as it would have.",
            file=sys.stderr,
            flush=True,
        )


def _download_sentence(progress: Progress) -> str:
    done = f"{progress.done / 1e6:.1f}"
    if not progress.total:
        return f"Downloading {progress.what}: {done} MB so far."
    return f"Downloading {progress.what}: {done} of {progress.total / 1e6:.1f} MB."
