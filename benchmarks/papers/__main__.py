"""Runs the experiments and writes their table."""

from __future__ import annotations

import argparse
import importlib
import json
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

from benchmarks.machine import describe, device_name
from benchmarks.papers.rows import Row, table

EXPERIMENTS = (
    "umap_paper", "hinton", "bounds", "anomaly", "compression", "teaching", "denoising",
)  # fmt: skip
RESULTS = Path(__file__).parents[1] / "results"


def rows_of(name: str, *, short: bool) -> Iterator[Row]:
    """The lines of one experiment, as they are ready."""
    module = importlib.import_module(f"benchmarks.papers.{name}")
    yield from module.run(short=short)


def main() -> None:
    """Run what was asked for; full settings replace these experiments in the kept table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.papers", description=__doc__)
    parser.add_argument("names", nargs="*", help=f"of: {', '.join(EXPERIMENTS)}; all by default")
    parser.add_argument("--short", action="store_true", help="minutes instead of hours; not kept")
    asked = parser.parse_args()
    names = asked.names or EXPERIMENTS
    unknown = set(names) - set(EXPERIMENTS)
    if unknown:
        parser.error(f"there is no experiment {min(unknown)!r}; choose {', '.join(EXPERIMENTS)}")
    path = RESULTS / f"papers-{device_name()}.json"
    for name in names:
        rows = []
        for row in rows_of(name, short=asked.short):
            rows.append(row)
            print(table([row]).splitlines()[-1], flush=True)
            if not asked.short:  # at once: an experiment can take hours
                _keep(path, name, rows)


def _keep(path: Path, name: str, rows: list[Row]) -> None:
    kept = json.loads(path.read_text()) if path.exists() else {}
    lines = [{**asdict(row), "reached": row.reached} for row in rows]
    kept[name] = {"machine": describe(), "rows": lines}
    path.write_text(json.dumps(kept, indent=1, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
