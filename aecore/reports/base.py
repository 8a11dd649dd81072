"""What a report is: figures about what a run makes of the test images, with all they rest on."""

from __future__ import annotations

import csv
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from io import StringIO
from typing import Any, ClassVar

from numpy.typing import NDArray

from aecore.config import Settings
from aecore.registry import Registry
from aecore.runs.inference import LoadedModel
from aecore.runs.store import Run

Row = Mapping[str, str | int | float | None]
Follow = Callable[[float, str], None]
"""Hears the share that is done and, in a few words, what it is at; what it raises ends the work."""


@dataclass(frozen=True)
class Findings:
    """What a report found.

    scope: on what: split, n, seed, settings, as JSON values;
    tables: by name, rows from column to value (finite, or None), each row with the same columns;
    arrays: images as (n, C, H, W) uint8, scores, curves.
    """

    scope: Mapping[str, Any]
    tables: Mapping[str, Sequence[Row]] = field(default_factory=dict)
    arrays: Mapping[str, NDArray[Any]] = field(default_factory=dict)


class Report(ABC):
    """One question about a run, answered on its test images: one file of this folder each."""

    name: ClassVar[str]
    title: ClassVar[str]
    idea: ClassVar[str]
    """One sentence for a person: what it finds out."""
    version: ClassVar[int] = 1
    """Raise it where the same settings give other figures than before."""

    class Config(Settings):
        """Settings of this report."""

    def __init__(self, config: Settings, beside: Sequence[tuple[Run, LoadedModel]] = ()) -> None:
        """beside: other runs that it is to look at as well, for those reports that do."""
        self.config, self.beside = config, tuple(beside)

    @abstractmethod
    def make(self, run: Run, loaded: LoadedModel, follow: Follow) -> Findings:
        """Find it out. Equal weights, settings and data give equal findings, but for seconds.

        Args:
            follow: to be called at least once a second.

        Raises InputError where the run cannot answer this question.
        """


reports: Registry[type[Report]] = Registry("report")


def unheard(share: float, doing: str) -> None:
    """A `Follow` that nobody listens to."""


def as_csv(rows: Sequence[Row]) -> str:
    """Rows as text, the columns named in the first line."""
    text = StringIO()
    table = csv.writer(text)
    if rows:
        table.writerow([as_cell(name) for name in rows[0]])
    table.writerows([as_cell(value) for value in row.values()] for row in rows)
    return text.getvalue()


def as_cell(value: str | int | float | None) -> str | int | float | None:
    """A value for a CSV file: text that a spreadsheet would take for a formula begins with '."""
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA) else value


FORMULA = ("=", "+", "-", "@", "\t", "\r")
