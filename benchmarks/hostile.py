"""Hostile files through the front door: what each is told, how long that takes, what it costs.

Run it with `python -m benchmarks.intake hostile`. Every case of tests/hostile_files.py is looked
at and, where that is not refused, taken in, each time in a process with limits, as the Data page
does it. Seconds are of the wall; grown is by how much the resident set of this process, which
stands for the server, was ever larger than before the file came.
"""

from __future__ import annotations

import os
import tempfile
import time
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
        print(f"{row['case'][:44]:44} {row['look_seconds']:5.2f} s "
              f"{row.get('take_in_seconds', 0):5.2f} s {row['grown_bytes'] / 1e6:5.1f} MB  "
              f"{row['told']}")  # fmt: skip
    return {"rows": rows[1:], "targets": TARGETS, "machine": describe()}


def one(case: Case, path: Path) -> dict[str, Any]:
    """What becomes of a file."""
    from aecore.datasets import datasets
    from aecore.errors import InputError
    from aecore.intake.sandboxed import look, take_in

    case.make(path)
    row: dict[str, Any] = {"case": case.name, "file_bytes": path.stat().st_size}
    watch, began, doing = Watch(), time.perf_counter(), "look_seconds"
    try:
        look(case.intake, [(path, case.called)], cancelled=watch)
        row[doing] = time.perf_counter() - began
        began, doing = time.perf_counter(), "take_in_seconds"
        name = take_in(case.intake, [(path, case.called)], "Title", cancelled=watch)
        about = datasets[name].about
        left_out = [f"{count} skipped, {why}." for why, count in about.skipped.items()]
        row["told"] = " ".join([f"{about.count} samples taken in.", *left_out, *about.rules])
    except InputError as error:
        row["told"] = str(error)
    row[doing] = time.perf_counter() - began
    return {**row, "grown_bytes": watch.grown}
