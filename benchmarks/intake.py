"""Large files through the front door: a Parquet and a CSV of a million rows become data sets.

Run it with `python -m benchmarks.intake large`; benchmarks/hostile.py and flood.py, whose results
lie beside, with `hostile` and `flood` in place of `large`. A table of 1,000,000 rows × 20 columns
(ten of numbers, some missing, some infinite; two of dates; two of whole numbers; six categories,
some missing) is taken in by `take_in`, in its process with limits, and opened for training in
another. Seconds are of the wall; memory is the largest resident set of each process, everything
that Python and torch take themselves included, as the kernel counts it.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import flood, hostile
from benchmarks.machine import describe

ROWS = 1_000_000
TARGETS = {"seconds": 60, "peak_bytes": 1_000_000_000}
RESULT = Path(__file__).parent / "results" / "intake-cpu.json"
VALUES = (2, 3, 4, 6, 9, 12)
"""How many values each category has."""
OPEN = """
import json, resource, sys, time
from aecore.datasets import open_data
start = time.perf_counter()
data = open_data(sys.argv[1])
found = {"seconds": time.perf_counter() - start, "shape": list(data.images.shape),
         "mean": float(data.part("train").mean()),
         "peak_bytes": 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss}
print(json.dumps(found))
"""


def table(rows: int = ROWS) -> Any:
    """The table, as pyarrow has it; the same each time."""
    import pyarrow as pa

    draw = np.random.default_rng(0)
    columns: dict[str, Any] = {}
    for place in range(10):
        values = draw.normal(place, 1 + place, rows)
        values[draw.random(rows) < 0.02] = np.nan
        values[draw.random(rows) < 0.001] = np.inf
        columns[f"number {place}"] = values
    for place in range(2):
        days = draw.integers(0, 3650, rows)
        columns[f"date {place}"] = np.datetime64("2015-01-01") + days.astype("timedelta64[D]")
    for place in range(2):
        columns[f"count {place}"] = draw.poisson(20, rows)
    for place, count in enumerate(VALUES):
        names = np.array([f"value {value}" for value in range(count)], dtype=object)
        chosen = names[draw.integers(0, count, rows)]
        chosen[draw.random(rows) < 0.05] = None
        columns[f"category {place}"] = chosen
    return pa.table(columns)


def write(folder: Path) -> dict[str, Path]:
    """The table in both forms."""
    from pyarrow import csv, parquet

    made, paths = table(), {"parquet": folder / "table.parquet", "csv": folder / "table.csv"}
    parquet.write_table(made, paths["parquet"])
    csv.write_csv(made, paths["csv"])
    return paths


def one(path: Path) -> dict[str, Any]:
    """Seconds and memory of taking one file in and of opening it."""
    from aecore.intake.sandboxed import take_in

    start = time.perf_counter()
    name = take_in("table", [(path, path.name)], "A million rows")
    seconds = time.perf_counter() - start
    # The kernel tells the largest of all children so far: so one file a process.
    peak = 1024 * resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    opened = subprocess.run([sys.executable, "-c", OPEN, name], capture_output=True, check=True)
    return {
        "file": path.suffix[1:], "file_bytes": path.stat().st_size, "rows": ROWS, "columns": 20,
        "take_in": {"seconds": seconds, "peak_bytes": peak}, "open": json.loads(opened.stdout),
    }  # fmt: skip


def large() -> list[dict[str, Any]]:
    """A row for each file, measured in a process of its own."""
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for path in write(Path(folder)).values():
            home = {**os.environ, "AECORE_HOME": str(Path(folder) / path.suffix[1:])}
            command = [sys.executable, "-m", "benchmarks.intake", "one", str(path)]
            done = subprocess.run(command, env=home, stdout=subprocess.PIPE, check=True)
            found = json.loads(done.stdout)
            rows.append({**found, "targets": TARGETS, "machine": describe()})
            for what in ("take_in", "open"):
                part = found[what]
                print(f"{found['file']:8} {what:8} {part['seconds']:6.1f} s "
                      f"{part['peak_bytes'] / 1e6:6.0f} MB")  # fmt: skip
    return rows


def main() -> None:
    """Measure, print, keep the rows beside those of the other part."""
    part = sys.argv[1] if len(sys.argv) > 1 else ""
    if part == "one":
        print(json.dumps(one(Path(sys.argv[2]))))
        return
    parts = {"large": large, "hostile": hostile.measure, "flood": flood.measure}
    if part not in parts:
        sys.exit(f"Say which part: python -m benchmarks.intake {', '.join(parts)}.")
    found = parts[part]()
    RESULT.write_text(json.dumps({**json.loads(RESULT.read_text()), part: found}, indent=1) + "\n")


if __name__ == "__main__":
    main()
