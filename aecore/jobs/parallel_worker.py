"""What torchrun's processes but the first do: train along, and record nothing."""

from __future__ import annotations

import signal

import torch

from aecore.datasets import open_data
from aecore.errors import StoreError
from aecore.jobs.drive import make_session
from aecore.jobs.parallel import called, heard
from aecore.runs.checkpoints import load_last
from aecore.runs.store import Run
from aecore.training import StepDone, TrainingSession, restore
from aecore.training.parallel import Parallel


def follow(run: Run, parallel: Parallel) -> None:
    """Train a run along with the first process until that says to leave, or the run's end.

    Raises ProcessLost once another process is gone, and StoreError where this one does not see
    the run's folder as the first does.
    """
    # Whoever stops a run stops all its processes; the first says at which step they leave.
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    told = called(parallel)
    if told is None:
        return
    spec = run.spec
    torch.set_num_threads(spec.training.threads)
    data = open_data(spec.dataset, spec.source, spec.splits)  # the first has fetched it
    session = make_session(spec, data, told[1], parallel)
    _go_on_from(run, told[0], session)
    listen_after = 0
    for event in session.events():
        if isinstance(event, StepDone) and event.step >= listen_after:
            leave, learning_rate, listen_after = heard(parallel)
            if learning_rate is not None:
                session.set_learning_rate(learning_rate)
            if leave:
                return


def _go_on_from(run: Run, step: int, session: TrainingSession) -> None:
    state, _ = load_last(run.checkpoints)
    found = state.numbers["step"] if state else 0
    if found != step:
        raise StoreError(
            f"This process finds run {run.id} saved at step {found}, the first one at step {step}; "
            "let all of them use the same AECORE_HOME."
        )
    if state:
        restore(session, state)
