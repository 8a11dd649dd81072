"""The spec of a report: which question, with which settings, beside which other runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from aecore.config import Settings, knobs
from aecore.errors import InputError
from aecore.reports.base import Report, reports
from aecore.runs.inference import LoadedModel
from aecore.runs.store import Run


@dataclass(frozen=True)
class ReportSpec:
    """Equal specs of equal runs have equal findings; beside: ids of other runs."""

    name: str
    config: Settings
    beside: tuple[str, ...] = ()

    @classmethod
    def from_flat(cls, values: Mapping[str, Any]) -> ReportSpec:
        """The spec that flat names stand for; text is parsed, what is left out is default.

        Raises UnknownName or InputError for what cannot be used, unknown names included.
        """
        rest = dict(values)
        kind = reports[str(rest.pop("report", ""))]
        beside = rest.pop("beside", ())
        ids = beside.split(",") if isinstance(beside, str) else beside
        declared = {knob.name: knob for knob in knobs(kind.Config)}
        for name, value in rest.items():
            if name in declared and isinstance(value, str):
                rest[name] = declared[name].parse(value)
        return cls(kind.name, kind.Config.parse(rest), tuple(str(one) for one in ids if one))

    def to_flat(self) -> dict[str, Any]:
        """Every setting by its flat name, as plain values."""
        return {"report": self.name, "beside": list(self.beside), **self.config.model_dump()}

    def report(self, beside: Sequence[tuple[Run, LoadedModel]] = ()) -> Report:
        """The report itself; beside: the runs of `beside`, in their order."""
        if len(beside) != len(self.beside):
            raise InputError(f"Expected {len(self.beside)} other runs, got {len(beside)}.")
        return reports[self.name](self.config, beside)
