"""The training process: `python -m aecore.jobs.worker RUN [--attempt N] [--limits JSON]`.

It knows its run's folder and nothing else, so that it is the same under every engine, torchrun
included: `torchrun --standalone --nproc-per-node=2 -m aecore.jobs.worker RUN` trains one run on
several processes. It exits with 0 when the run ended, paused or was stopped, else with a code
from `CODES`.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
import traceback

from aecore.errors import AecoreError, Fenced, InputError
from aecore.jobs.drive import Driver
from aecore.jobs.failures import failure_of
from aecore.jobs.limits import Limits, apply
from aecore.jobs.parallel import joined
from aecore.jobs.parallel_worker import follow
from aecore.runs.evaluate import evaluate
from aecore.runs.status import read_status
from aecore.runs.store import Run, RunStore
from aecore.training.parallel import ALONE, Parallel

CODES = {"failed": 1, "fenced": 3, "disk": 4, "device": 5, "memory": 6, "data": 7}
"""fenced: another attempt has the run, or it is over; disk: what happened may not even stand in
the status, for lack of room; data: a data set is out of reach. The run is paused with disk and
data, failed with failed, device and memory. 2 is Python's, for a wrong command line."""


def work(
    run: Run,
    attempt: int | None = None,
    limits: Limits | None = None,
    parallel: Parallel = ALONE,
) -> int:
    """Train one run and judge it; the code to exit with."""
    threads = limits.threads if limits else None
    driver = Driver(run, attempt, threads, lambda: os._exit(CODES["fenced"]), parallel)
    signal.signal(signal.SIGTERM, lambda *_: setattr(driver, "leave", "pause"))
    try:
        if limits:
            apply(limits)
        for _ in driver.events():
            pass
        if not driver.claimed:
            return CODES["fenced"]
        state = read_status(run).state
    except Exception as error:
        return _told(error, run)
    if state in ("finished", "stopped"):
        _judge(run)
    return CODES["failed"] if state == "failed" else 0


def work_along(run: Run, parallel: Parallel) -> int:
    """Train one run as another process says; the code to exit with."""
    try:
        follow(run, parallel)
    except Exception as error:
        return _told(error, run)
    return 0


def _told(error: Exception, run: Run) -> int:
    # A stranger's traceback is worth keeping; of our own errors the sentence says it all.
    print(error if isinstance(error, AecoreError) else traceback.format_exc(), flush=True)  # noqa: T201
    if isinstance(error, Fenced):
        return CODES["fenced"]
    return CODES.get(failure_of(error, run).reason, CODES["failed"])


def _judge(run: Run) -> None:
    """Evaluate: pages show it, and nobody waits for it there. The run is over either way."""
    try:
        evaluate(run)
    except Exception as error:
        print(failure_of(error, run).message, flush=True)  # noqa: T201


def log_to(run: Run) -> None:
    """Send everything that this process prints to the run's log.txt."""
    log = os.open(run.folder / "log.txt", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.dup2(log, 1)
    os.dup2(log, 2)
    os.close(log)


def main() -> int:
    """Entry point."""
    parser = argparse.ArgumentParser(prog="python -m aecore.jobs.worker")
    parser.add_argument("run")
    parser.add_argument("--attempt", type=int)
    parser.add_argument("--limits", type=Limits.from_json)
    arguments = parser.parse_args()
    run = RunStore()[arguments.run]
    try:
        with joined(run) as parallel:
            log_to(run)
            if not parallel.first:
                return work_along(run, parallel)
            return work(run, arguments.attempt, arguments.limits, parallel)
    except InputError as error:  # before any log: whoever called torchrun reads it
        parser.error(str(error))


if __name__ == "__main__":
    sys.exit(main())
