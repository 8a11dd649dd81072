"""Runs the parts that were asked for and keeps their rows beside those of the others."""

from __future__ import annotations

import argparse
import importlib
import json
from pathlib import Path

from benchmarks.machine import describe, device_name

PARTS = ("projections", "page")
"""Each is a module here with `measure(rounds) -> list[dict]` and `table(rows) -> str`."""
RESULTS = Path(__file__).parents[1] / "results"


def main() -> None:
    """Measure, print the tables, keep the rows."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.maps", description=__doc__)
    parser.add_argument("parts", nargs="*", help=f"of: {', '.join(PARTS)}; all by default")
    parser.add_argument("--rounds", type=int, default=3, help="of which the median counts")
    asked = parser.parse_args()
    unknown = set(asked.parts) - set(PARTS)
    if unknown:
        parser.error(f"there is no part {min(unknown)!r}; choose {', '.join(PARTS)}")
    path = RESULTS / f"maps-{device_name()}.json"
    for name in asked.parts or PARTS:
        part = importlib.import_module(f"benchmarks.maps.{name}")
        machine = describe()  # before it is busy with this
        rows = part.measure(asked.rounds)
        print(part.table(rows), flush=True)
        kept = json.loads(path.read_text()) if path.exists() else {}
        kept[name] = {"machine": machine, "rows": rows}
        path.write_text(json.dumps(kept, indent=1, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
