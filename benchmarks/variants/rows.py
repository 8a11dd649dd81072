"""One line of the table: a measure of both sides over the seeds."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from statistics import mean, median
from typing import Any, Literal

from benchmarks.table import ratio

FASTER = 1.5
SECONDS = "seconds"
BETTER: dict[str, Literal["higher", "lower"]] = {
    "MSE per pixel": "lower",
    "5-NN accuracy": "higher",
    "linear accuracy": "higher",
    SECONDS: "lower",
}
HEAD = "| variant | measure | ours | pythae | verdict |\n| --- | --- | --- | --- | --- |"


@dataclass(frozen=True)
class Row:
    """ours and pythae: one value a seed, in the same order; measure: of BETTER."""

    variant: str
    measure: str
    ours: list[float]
    pythae: list[float]

    @property
    def times_as_fast(self) -> float:
        """Median over the seeds of pythae's seconds by ours."""
        return ratio(self.pythae, self.ours)

    @property
    def reached(self) -> bool:
        """Seconds: at least FASTER times as fast. Others: as good as pythae.

        As good: the mean over the seeds is better, or worse by no more than the larger of both
        sides' spreads over the seeds.
        """
        if self.measure == SECONDS:
            return self.times_as_fast >= FASTER
        lost = mean(self.ours) - mean(self.pythae)
        return (lost if BETTER[self.measure] == "lower" else -lost) <= self.spread

    @property
    def spread(self) -> float:
        """Largest minus smallest value over the seeds, on the side where that is more."""
        return max(max(side) - min(side) for side in (self.ours, self.pythae))

    def to_json(self) -> dict[str, Any]:
        """The row with what follows from it."""
        speed = {"times_as_fast": round(self.times_as_fast, 3)} if self.measure == SECONDS else {}
        return {**asdict(self), **speed, "reached": self.reached}


def line(row: Row) -> str:
    """A row in Markdown: means and ranges over the seeds; of seconds the medians."""
    sides = f"{_told(row, row.ours)} | {_told(row, row.pythae)}"
    return f"| {row.variant} | {row.measure} | {sides} | {_verdict(row)} |"


def _told(row: Row, values: list[float]) -> str:
    middle = median(values) if row.measure == SECONDS else mean(values)
    return f"{middle:.4g} ({min(values):.4g} to {max(values):.4g})"


def _verdict(row: Row) -> str:
    said = "reached" if row.reached else "not reached"
    if row.measure == SECONDS:
        return f"{row.times_as_fast:.2f} times as fast, ≥ {FASTER:g}: {said}"
    return f"as good: {said}"
