"""Sheets of reconstructions: a hundred test samples at a time, above what a run makes of each."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from aecore.errors import InputError
from aecore.paths import home
from aecore.reports import Findings, ReportSpec
from aecore.reports.shelf import ReportShelf, ticket_of
from aecore.runs import Run
from aecore.runs.groups import read_groups
from ui.asked import number, whole
from ui.envelope import pack
from ui.resources import of_samples, run_data, run_model
from ui.words import noun

SHEET, ACROSS = 100, 20
"""Samples of a sheet, and how many of them in a line."""
ALL = "all"
Rows = NDArray[np.int64]


def sheet(run: Run, asked: Mapping[str, str]) -> bytes:
    """One sheet as an envelope: images (n, C, 2H, W) uint8, samples above reconstructions.

    asked: the settings of the report "reconstruct", those of `rows_of`, and `sheet`, from 1 on.
    Values: `columns`, `rows` (the number of the first of each line), `notes` (of each sample).
    Raises InputError where the report is not made yet, or the sheet does not exist.
    """
    settings = {name: asked[name] for name in ("corruption", "level", "count", "noise_seed")
                if name in asked}  # fmt: skip
    spec = ReportSpec.from_flat({"report": "reconstruct", **settings})
    found = _found(home(), ticket_of((run, run_model(run)), spec))
    rows = rows_of(run, found.arrays["mse"], asked)
    last = max(1, -(-len(rows) // SHEET))
    start = SHEET * (whole(asked.get("sheet", "1"), "sheet", 1, last) - 1)
    return _packed(run, found, rows[start : start + SHEET], start)


@of_samples
@lru_cache(maxsize=2)  # 8 MB for 10,000 digits
def _found(root: Path, ticket: str) -> Findings:
    found = ReportShelf(root).known(ticket)
    if found is None:
        raise InputError("These reconstructions are not there (any more); load the page again.")
    return found


def rows_of(run: Run, errors: NDArray[np.float64], asked: Mapping[str, str]) -> Rows:
    """The samples of a class, a group and a span of errors, in the order that is asked for.

    errors: (n,) of the first n test samples. asked: `label` (-1 for all), `group` (ALL), `low` and
    `high`, between which errors lie, and `order`: worst, best or first. Raises InputError.
    """
    slack = 1e-9  # what the slider rounds away
    low, high = (number(asked.get(name, "nan"), name) for name in ("low", "high"))
    keep = (errors >= low - slack) & (errors <= high + slack)
    label = whole(asked.get("label", "-1"), "label", -1, 10**6)
    if label >= 0:
        keep &= run_data(run).part_labels("test", len(errors)).numpy() == label
    if (group := asked.get("group", ALL)) != ALL:
        own = read_groups(run).get(group, np.zeros(0, np.int64))
        keep &= np.isin(np.arange(len(errors)), own)
    rows = np.flatnonzero(keep)
    if asked.get("order") == "first":
        return rows
    values = errors[rows] if asked.get("order") == "best" else -errors[rows]
    return rows[np.argsort(values, kind="stable")]


def _packed(run: Run, found: Findings, rows: Rows, start: int) -> bytes:
    data = run_data(run)
    places = data.splits["test"][rows]
    made = torch.from_numpy(found.arrays["outputs"][rows])
    pairs = torch.cat([data.pictures(data.images[places]), made], 2)
    errors = found.arrays["mse"]
    classes = [data.classes[label] for label in data.labels[places]]
    values: dict[str, Any] = {
        "columns": ACROSS,
        "rows": [f"{start + at + 1:,}" for at in range(0, len(rows), ACROSS)],
        "notes": [
            f"{name}, test {noun(run.spec)} {row}, error {errors[row]:.4f}"
            for name, row in zip(classes, rows, strict=True)
        ],
    }
    return pack(values, {"images": pairs.numpy()})
