"""Runs the experiments and writes their table."""

from __future__ import annotations

import argparse
import importlib
import json
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from benchmarks.machine import describe, device_name
from benchmarks.papers.rows import Known, Row, table

EXPERIMENTS = (
    "umap_paper", "hinton", "bounds", "anomaly", "compression", "teaching", "denoising",
)  # fmt: skip
RESUMED = ("umap_paper", "teaching")
"""Those whose models take hours; their `run` leaves out what it is told is `known`."""
RESULTS = Path(__file__).parents[1] / "results"


def rows_of(name: str, *, short: bool, known: Known = frozenset()) -> Iterator[Row]:
    """The lines of one experiment, as they are ready.

    known: which rows are measured already; only of experiments in `RESUMED`.
    """
    module = importlib.import_module(f"benchmarks.papers.{name}")
    yield from module.run(short=short, known=known) if known else module.run(short=short)


def main() -> None:
    """Run what was asked for; full settings replace these experiments in the kept table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.papers", description=__doc__)
    parser.add_argument("names", nargs="*", help=f"of: {', '.join(EXPERIMENTS)}; all by default")
    parser.add_argument("--short", action="store_true", help="minutes instead of hours; not kept")
    parser.add_argument(
        "--resume", action="store_true",
        help=f"leaves what the kept table has of an experiment, and adds the rest; "
        f"of: {', '.join(RESUMED)}",
    )  # fmt: skip
    asked = parser.parse_args()
    names = asked.names or EXPERIMENTS
    unknown = set(names) - set(EXPERIMENTS)
    if unknown:
        parser.error(f"there is no experiment {min(unknown)!r}; choose {', '.join(EXPERIMENTS)}")
    if asked.resume and (asked.short or not set(names) <= set(RESUMED)):
        parser.error(f"--resume is for full settings of {' and '.join(RESUMED)}")
    path = RESULTS / f"papers-{device_name()}.json"
    for name in names:
        lines = _kept(path).get(name, {"rows": []})["rows"] if asked.resume else []
        known = frozenset((line["experiment"], line["method"]) for line in lines)
        for row in rows_of(name, short=asked.short, known=known):
            lines.append({**asdict(row), "reached": row.reached})
            print(table([row]).splitlines()[-1], flush=True)
            if not asked.short:  # at once: an experiment can take hours
                _keep(path, name, lines)


def _kept(path: Path) -> dict[str, Any]:
    return dict(json.loads(path.read_text())) if path.exists() else {}


def _keep(path: Path, name: str, lines: list[dict[str, Any]]) -> None:
    found = {**_kept(path), name: {"machine": describe(), "rows": lines}}
    path.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
