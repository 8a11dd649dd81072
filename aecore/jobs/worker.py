"""The training process: `python -m aecore.jobs.worker RUN`, or with `-` a warm one that waits.

A warm worker has its imports done and reads the run's id from its standard input; when the
launcher closes that without naming one, it leaves.
"""

from __future__ import annotations

import gc
import os
import signal
import sys

from aecore.errors import AecoreError
from aecore.jobs.drive import Driver
from aecore.runs.evaluate import evaluate
from aecore.runs.status import read_status
from aecore.runs.store import Run, RunStore


def work(run: Run) -> int:
    """Train one run; 0 when it ended, paused or stopped, 1 when it failed."""
    driver = Driver(run)
    signal.signal(signal.SIGTERM, lambda *_: setattr(driver, "leave", "pause"))
    try:
        for _ in driver.events():
            pass
        if read_status(run).state in ("finished", "stopped"):
            evaluate(run)  # pages show it; nobody waits for it there
    except AecoreError as error:
        print(error, flush=True)  # noqa: T201
        return 1
    return 0


def _warm() -> str:
    """Do what every run needs once, then wait for a run's id."""
    from aecore.datasets import open_data

    open_data("digits")  # imports scikit-learn, half a second
    gc.collect()
    gc.freeze()
    return sys.stdin.readline().strip()


def main() -> int:
    """Entry point."""
    run_id = _warm() if sys.argv[1:] == ["-"] else sys.argv[1]
    if not run_id:
        return 0
    run = RunStore()[run_id]
    log = os.open(run.folder / "log.txt", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.dup2(log, 1)
    os.dup2(log, 2)
    return work(run)


if __name__ == "__main__":
    sys.exit(main())
