"""Where reports are kept and asked for: the folder `reports` of the home."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from importlib.metadata import version
from typing import Any

import numpy as np
import torch

from aecore.datasets.own import PREFIX
from aecore.errors import CheckpointDamaged
from aecore.reports.base import Findings, reports
from aecore.reports.spec import ReportSpec
from aecore.runs import desk
from aecore.runs.desk import Desk
from aecore.runs.files import digest, json_bytes, pack, unpack
from aecore.runs.inference import LoadedModel
from aecore.runs.store import Run

LIBRARIES = ("scikit-learn", "scikit-image", "pillow", "scipy", "umap-learn")
MOST_KEPT = 500
"""Reports; the least recently looked at go first."""
TOLD = "findings"
"""Under which scope and tables stand among the arrays, as JSON."""

Asked = desk.Asked[ReportSpec]
Subject = tuple[Run, LoadedModel]


def ticket_of(subject: Subject, spec: ReportSpec, beside: Sequence[Subject] = ()) -> str:
    """What decides a report and nothing else, as 32 letters: equal reports have equal tickets."""
    content = {
        "version": reports[spec.name].version,
        "libraries": [version(name) for name in LIBRARIES],
        "report": spec.to_flat(),
        "runs": [
            [run.spec.dataset, run.spec.source.model_dump(), run.spec.splits.model_dump(),
             loaded.fingerprint]
            for run, loaded in (subject, *beside)
        ],
    }  # fmt: skip
    return digest(json.dumps(content, sort_keys=True).encode())[:32]


def data_of(spec: ReportSpec, subjects: Sequence[Subject]) -> set[str]:
    """Names of the data sets that a report on these runs tells of: theirs, and those it names."""
    named = (value for value in spec.to_flat().values() if isinstance(value, str))
    return {
        *(run.spec.dataset for run, _ in subjects),
        *(name for name in named if name.startswith(PREFIX)),
    }


class ReportShelf(Desk[ReportSpec]):
    """The reports of a home."""

    folder_name = "reports"
    done = "report"

    def read(self, flat: Mapping[str, Any]) -> ReportSpec:
        """The report that plain values stand for."""
        return ReportSpec.from_flat(flat)

    def known(self, ticket: str) -> Findings | None:
        """A finished report; None where there is none, or none that can be read."""
        path = self.path(ticket, self.done)
        try:
            parts = unpack(path.read_bytes(), path.name)
            told = json.loads(parts.pop(TOLD).numpy().tobytes())
            path.touch()
            arrays = {name: tensor.numpy() for name, tensor in parts.items()}
            return Findings(told["scope"], told["tables"], arrays)
        except (OSError, CheckpointDamaged, KeyError, ValueError):
            return None

    def keep(self, ticket: str, found: Findings, data: Collection[str] = ()) -> None:
        """Put a finished report in place. Raises StoreError. data: as for `put`."""
        told = json_bytes({"scope": found.scope, "tables": found.tables})
        parts = {name: torch.from_numpy(np.array(array)) for name, array in found.arrays.items()}
        parts[TOLD] = torch.frombuffer(bytearray(told), dtype=torch.uint8)
        self.put(ticket, pack(parts), data)
        self.clear(MOST_KEPT)
