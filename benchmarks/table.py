"""Rows of a result, and the same rows as a table with the targets beside them."""

from __future__ import annotations

from statistics import median
from typing import Any

from benchmarks.cases import BATCH, CASES, Case

Speeds = dict[str, list[float]]
"""Images a second by trainer, one number a round; round i of all trainers ran together."""


def ratio(over: list[float], under: list[float]) -> float:
    """Median over the rounds, each compared with itself: a busy neighbour slows both."""
    return median(a / b for a, b in zip(over, under, strict=True))


def rows(case: Case, speeds: Speeds, machine: dict[str, Any]) -> list[dict[str, Any]]:
    """One row for each trainer of a case."""
    return [
        {
            "model": case.name,
            "batch": BATCH,
            "epochs": case.epochs,
            "trainer": trainer,
            "images_per_second": round(median(found)),
            "ratio_to_naive": round(ratio(found, speeds["naive"]), 3),
            "rounds": [round(speed) for speed in found],
            "machine": machine,
        }
        for trainer, found in speeds.items()
    ]


def show(measured: dict[str, Speeds]) -> str:
    """All cases as text; `ours / it` says how many times faster than each trainer we are."""
    head = f"{'model':<20}{'trainer':<11}{'images/s':>9}{'rounds':>18}{'to naive':>10}"
    lines = [head + f"{'ours / it':>11}{'target':>9}"]
    for case in CASES:
        for trainer, found in measured.get(case.name, {}).items():
            speeds = measured[case.name]
            ours = ratio(speeds["ours"], found)
            spread = f"{min(found):.0f}–{max(found):.0f}"
            line = f"{case.name:<20}{trainer:<11}{median(found):>9.0f}{spread:>18}"
            line += f"{ratio(found, speeds['naive']):>10.2f}{ours:>11.2f}"
            lines.append(line + _verdict(ours, case.targets.get(trainer)))
    return "\n".join(lines)


def _verdict(ours: float, target: float | None) -> str:
    if target is None:
        return ""
    return f"{'≥ ' + format(target, 'g'):>9} {'met' if ours >= target else 'MISSED'}"
