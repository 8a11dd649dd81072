"""Small runs, what they leave on the disk, and waiting: for the tests of runs, jobs and the CLI."""

import errno
import os
import subprocess
import time
from contextlib import contextmanager
from pathlib import Path

import psutil

from aecore.catalog.reindex import take_in
from aecore.catalog.rows import RunRow
from aecore.catalog.runs import get
from aecore.catalog.store import Catalog
from aecore.jobs.drive import Driver
from aecore.runs import Run, RunSpec, RunStore, read_status
from aecore.runs.checkpoints import load_last
from aecore.training import StepDone

SMALL = {"dataset": "digits", "variant": "vae", "width": 16, "latent_dim": 2, "epochs": 4}


def new_run(**flat) -> Run:
    """A run of few steps that nobody trains yet."""
    return RunStore().create(RunSpec.from_flat({**SMALL, **flat}))


def taken_in(run: Run) -> Run:
    """The same run, known to the catalogue of its home."""
    catalog = Catalog(run.folder.parents[1])
    take_in(catalog, run)
    catalog.close()
    return run


def row_of(run: Run) -> RunRow:
    """What the catalogue says of a run."""
    catalog = Catalog(run.folder.parents[1])
    try:
        found = get(catalog, run.id)
    finally:
        catalog.close()
    assert found is not None
    return found


def drive(run: Run, until: int | None = None) -> list:
    """Train in this process: to the end, or as if killed right after step `until`."""
    seen = []
    events = Driver(run).events()
    for event in events:
        seen.append(event)
        if isinstance(event, StepDone) and event.step == until:
            events.close()
            break
    return seen


def finished(**flat) -> Run:
    """A run that was trained without a break."""
    run = new_run(**flat)
    drive(run)
    return run


def weights(run: Run) -> dict[str, bytes]:
    """The last saved weights, bit by bit."""
    state, problems = load_last(run.checkpoints)
    assert not problems
    return {name: tensor.numpy().tobytes() for name, tensor in state.model.items()}


def table(run: Run, query: str) -> list[tuple]:
    """Rows of a run's database."""
    database = run.database()
    try:
        return database.rows(query)
    finally:
        database.close()


def curves(run: Run) -> list[tuple]:
    """Every metric row and every learning rate, in order."""
    metrics = table(run, "SELECT step, split, term, value, kind FROM metric ORDER BY 1, 2, 3")
    return metrics + table(run, "SELECT step, epoch, learning_rate FROM rate ORDER BY 1")


def wait(condition, what: str, seconds: float = 60) -> None:
    """Until a condition holds; the limit only keeps a broken test from hanging."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, f"waited too long for {what}"
        time.sleep(0.02)


def wait_for(run: Run, *states: str) -> None:
    """Until a run is in one of these states."""
    wait(lambda: read_status(run).state in states, f"{states}, it is {read_status(run)}")


@contextmanager
def process(command, **named):
    """A child process that a failing test does not wait for."""
    with subprocess.Popen(command, **named) as child:
        try:
            yield child
        finally:
            child.kill()


def clerk_process(name: str, root: Path) -> psutil.Process | None:
    """The clerk of a home, such as its mapper, once it is there."""
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        for process in psutil.process_iter(["cmdline", "environ", "status"]):
            info = process.info
            ours = (info["environ"] or {}).get("AECORE_HOME") == str(root)
            if ours and f"aecore.jobs.{name}" in (info["cmdline"] or []):
                return process
        time.sleep(0.05)
    return None


def is_sentence(text: object) -> bool:
    """Whether a message is fit for a person: one line, whole, without the inside of the program."""
    line = str(text)
    inside = ("Traceback", "Error(", "pydantic", "object at 0x")
    return (
        5 < len(line) < 900
        and "\n" not in line
        and line.endswith(".")
        and not any(word in line for word in inside)
    )


def full_at(number):
    """Wraps functions; the nth call of any of them finds the disk full. Also the calls left."""
    left = [number]

    def full(real):
        def call(*values, **named):
            left[0] -= 1
            if left[0] == 0:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            return real(*values, **named)

        return call

    return full, left
