"""`runs` and `evaluate`: what is in the store, and how good it is."""

from __future__ import annotations

import sys
from argparse import Namespace
from datetime import datetime
from typing import Any

from aecore.cli.output import say, say_json, say_table, write_over
from aecore.errors import AecoreError, InputError, NewerVersion
from aecore.metrics.descriptions import MEASURES
from aecore.runs import Run, RunStore, read_status
from aecore.runs.evaluate import evaluate as judge

COLUMNS = ("id", "state", "dataset", "variant", "step", "created")


def runs(arguments: Namespace) -> int:
    """All runs, newest first."""
    found = [_row(run) for run in RunStore()]
    if arguments.json:
        say_json(found)
    elif found:
        say_table([name.upper() for name in COLUMNS], [list(row.values()) for row in found])
    else:
        say("There are no runs yet.")
    return 0


def evaluate(arguments: Namespace) -> int:
    """Metrics of one run beside the baselines."""
    try:
        seed = int(arguments.seed)
    except ValueError:
        raise InputError(f"--seed: expected a whole number, got {arguments.seed[:40]!r}.") from None
    report = _tell if sys.stderr.isatty() else None
    result = judge(RunStore()[arguments.id], arguments.split, seed, report)
    if report:
        write_over("")
    if arguments.json:
        say_json(result)
    else:
        _show(result)
    return 0


def _row(run: Run) -> dict[str, Any]:
    try:
        status, spec = read_status(run), run.spec
    except AecoreError as error:  # one damaged run must not hide the others
        state = "newer version" if isinstance(error, NewerVersion) else "unreadable"
        return dict(zip(COLUMNS, (run.id, state, "", "", 0, ""), strict=True))
    created = datetime.fromtimestamp(status.created).isoformat(" ", "seconds")
    values = (run.id, status.state, spec.dataset, spec.variant, status.step, created)
    return dict(zip(COLUMNS, values, strict=True))


def _show(result: dict[str, Any]) -> None:
    say(f"Run {result['run']} on the {result['n']:,} images of the {result['split']} split:")
    scores = {"this model": result["metrics"], **result["baselines"]}
    rows = []
    for name, words in MEASURES.items():
        if name in result["metrics"]:
            values = (_number(each.get(name)) for each in scores.values())
            images = result["counts"].get(name, result["n"])
            rows.append([f"{name} ({words.unit})" if words.unit else name, *values, f"{images:,}"])
    say_table(["", *scores, "images"], rows)


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.4g}"


def _tell(what: str, share: float) -> None:
    write_over(f"{share:.0%}  {what}")
