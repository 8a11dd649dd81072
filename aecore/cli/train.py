"""`train` and `resume`: a run in this process, recorded like any other."""

from __future__ import annotations

import os
import signal
import threading
import traceback
from argparse import Namespace
from collections.abc import Iterator
from contextlib import contextmanager

from aecore.catalog.shell import shell_run
from aecore.catalog.store import Catalog
from aecore.cli.flags import given_flags
from aecore.cli.report import JsonReport, Report, TextReport
from aecore.errors import AecoreError, Fenced, InputError, RunFailed
from aecore.jobs.drive import Driver
from aecore.runs import Cost, Run, RunSpec, RunStore, check, read_status
from aecore.runs.status import RESUMABLE
from aecore.training import Event, Failed, Finished

OVER = {"finished": "is finished", "failed": "has failed"}


def train(arguments: Namespace) -> int:
    """Make a run and train it."""
    spec = RunSpec.from_flat(given_flags(arguments))
    cost = check(spec)
    return follow(RunStore().create(spec), cost, arguments.json)


def resume(arguments: Namespace) -> int:
    """Go on with a run that is paused, stopped, interrupted or waiting."""
    run = RunStore()[arguments.id]
    status = read_status(run)
    if status.live:
        raise InputError(f"Run {run.id} is being trained by another process; pause it there first.")
    if status.state not in RESUMABLE:
        raise InputError(f"Run {run.id} {OVER[status.state]}; train a new one instead.")
    return follow(run, check(run.spec), arguments.json)


def follow(run: Run, cost: Cost, as_json: bool) -> int:
    """Train a run in this process and tell how it goes; the exit status."""
    report = (JsonReport if as_json else TextReport)(run, cost)
    driver = Driver(run)
    try:
        with shell_run(Catalog(), run), _pausing(driver):
            report.start()
            last = _drive(driver, report)
    except AecoreError as error:
        report.failed(_reason(error), str(error))
        return 2 if isinstance(error, InputError) else 1
    except Exception:
        _log(run)
        report.failed("error", read_status(run).message)
        return 1
    return _end(run, report, last)


def _drive(driver: Driver, report: Report) -> Event | None:
    """Train to the end or until somebody pauses it; the last event told."""
    last = None
    for last in driver.events():
        try:
            report.note(last)
        except BrokenPipeError:  # nobody reads on: what is trained so far is saved
            driver.leave = "pause"
            os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    return last


def _end(run: Run, report: Report, last: Event | None) -> int:
    if isinstance(last, Finished):
        report.finished(last)
        return 0
    if isinstance(last, Failed):
        report.failed(last.reason, last.message)
        return 1
    status = read_status(run)
    if status.live or status.state not in ("paused", "stopped"):
        report.failed("taken", f"Another process took run {run.id} over.")
        return 1
    report.left(status.state, status.step)
    return 0


def _reason(error: AecoreError) -> str:
    if isinstance(error, RunFailed):
        return error.reason
    if isinstance(error, Fenced):
        return "taken"
    return "input" if isinstance(error, InputError) else "disk"


@contextmanager
def _pausing(driver: Driver) -> Iterator[None]:
    """Let Ctrl-C (and a polite kill) pause the run; a second Ctrl-C breaks it off."""
    if threading.current_thread() is not threading.main_thread():
        yield  # signals belong to the main thread
        return

    def pause(*_: object) -> None:
        driver.leave = "pause"
        signal.signal(signal.SIGINT, signal.default_int_handler)

    before = {kind: signal.signal(kind, pause) for kind in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for kind, handler in before.items():
            signal.signal(kind, handler)


def _log(run: Run) -> None:
    """Keep the traceback where the run's message says it is."""
    with (run.folder / "log.txt").open("a", encoding="utf-8") as file:
        traceback.print_exc(file=file)
