"""One line of the table: a figure of ours beside the published one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

Known = frozenset[tuple[str, str]]
"""Experiment and method of rows that are measured already."""


@dataclass(frozen=True)
class Row:
    """Ours and published are of the same measure; published is None for our own baselines.

    ours: None where it could not be run, and then `settings` say why.
    slack: by how much (in the measure's unit) ours may be worse and still count as reached.
    """

    experiment: str
    method: str
    measure: str
    better: Literal["higher", "lower"]
    ours: float | None
    published: float | None
    source: str
    settings: str
    minutes: float
    slack: float = 0.0

    @property
    def reached(self) -> bool | None:
        """Whether ours is as good as what was published; None where one of them is not known."""
        if self.published is None or self.ours is None:
            return None
        lost = self.ours - self.published
        return (lost if self.better == "lower" else -lost) <= self.slack


def table(rows: Iterable[Row]) -> str:
    """The rows in Markdown."""
    lines = [
        "| experiment | method | measure | ours | published | reached | settings | minutes |",
        "| --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for row in rows:
        ours = "not run" if row.ours is None else f"{row.ours:.4g}"
        published = "–" if row.published is None else f"{row.published:.4g}"
        reached = {None: "–", True: "yes", False: "not reached"}[row.reached]
        lines.append(
            f"| {row.experiment} | {row.method} | {row.measure} | {ours} | {published} "
            f"| {reached} | {row.settings} | {row.minutes:.1f} |"
        )
    return "\n".join(lines)
