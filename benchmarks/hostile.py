"""Hostile files through the front door: what each is told, how long that takes, what it costs.

Run it with `python -m benchmarks.intake hostile`. Every case of tests/hostile_files.py is looked
at and, where that is not refused, taken in, each time in a process with limits, as the Data page
does it. Seconds are of the wall, and beside them of the processor, which other work on the machine
does not touch; grown is by how much the resident set of this process, which stands for the server,
was ever larger than before the file came.
"""

from __future__ import annotations

import os
import resource
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benchmarks.machine import describe
from tests.hostile_files import CASES, Case, Watch

TARGETS = {"seconds": 2.0, "grown_bytes": 50_000_000}


def measure() -> dict[str, Any]:
    """A row for each case."""
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        os.environ["AECORE_HOME"] = str(Path(folder) / "home")
        for case in (CASES[-1], *CASES):  # the first once more: it imports what the others use
            rows.append(one(case, Path(folder) / "given"))
    for row in rows[1:]:
        parts = [row[part] for part in ("look", "take_in") if part in row]
        taken = "  ".join(f"{part['seconds']:5.2f} s ({part['cpu']:.2f})" for part in parts)
        print(f"{row['case'][:44]:44} {taken:28} {row['grown_bytes'] / 1e6:4.1f} MB  {row['told']}")
    return {"rows": rows[1:], "targets": TARGETS, "machine": describe()}


@contextmanager
def clocked(row: dict[str, Any], part: str) -> Iterator[None]:
    """Note how long something takes, and the processor time of its child."""
    began, used = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    try:
        yield
    finally:
        now = resource.getrusage(resource.RUSAGE_CHILDREN)
        cpu = now.ru_utime + now.ru_stime - used.ru_utime - used.ru_stime
        row[part] = {"seconds": time.perf_counter() - began, "cpu": cpu}


def one(case: Case, path: Path) -> dict[str, Any]:
    """What becomes of a file."""
    from aecore.datasets.own import own
    from aecore.errors import InputError
    from aecore.intake.sandboxed import look, take_in

    case.make(path)
    row: dict[str, Any] = {"case": case.name, "file_bytes": path.stat().st_size}
    watch, given = Watch(), [(path, case.called)]
    try:
        with clocked(row, "look"):
            look(case.intake, given, cancelled=watch)
        with clocked(row, "take_in"):
            name = take_in(case.intake, given, "Title", cancelled=watch)
        about = own(name).about
        left_out = [f"{count} skipped, {why}." for why, count in about.skipped.items()]
        row["told"] = " ".join([f"{about.count} samples taken in.", *left_out, *about.rules])
    except InputError as error:
        row["told"] = str(error)
    return {**row, "grown_bytes": watch.grown}
