"""Which columns of a table, or channels of a time series, are copied well, beside PCA."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite

import torch
from torch import Tensor

from aecore.config import Settings, knob
from aecore.corruptions import corruptions
from aecore.datasets import ImageData, open_data
from aecore.errors import InputError
from aecore.metrics.columns import (
    category_fit,
    masked_mse,
    number_fit,
    smoothed,
    worst_places,
)
from aecore.metrics.pca import PcaBaseline, fit_pca
from aecore.reports.base import Findings, Follow, Report, Row, reports
from aecore.runs.inference import CHUNK, LoadedModel, reconstructions
from aecore.runs.store import Run
from aecore.samples import NOUNS, Column, Group, places

FIT_ON = 100_000
"""Training rows that PCA learns from, the first of the split."""
WORST = 10
"""Rows that are named."""


@dataclass(frozen=True)
class Made:
    """Samples (n, C, H, W) on their common scale, which of their numbers are known, and what the
    run and PCA make of them; pca is None where the run has no code to compare with.
    """

    x: Tensor
    known: Tensor
    run: Tensor
    pca: Tensor | None

    def part(self, place: Group, series: bool) -> Made:
        """The numbers of one column, (n, numbers), or of one channel."""
        start, stop = place

        def cut(samples: Tensor) -> Tensor:
            if series:
                return samples[:, start:stop].flatten(1)
            return samples.flatten(1)[:, start:stop]

        pca = None if self.pca is None else cut(self.pca)
        return Made(cut(self.x), cut(self.known), cut(self.run), pca)


@reports.register("columns")
class Columns(Report):
    """Each column's error in its own unit, and the rows that are furthest off."""

    title = "Columns"
    idea = "How well each column is copied, beside PCA with as many numbers and beside its mean."

    class Config(Settings):
        """On how many rows."""

        count: int = knob(
            2000, "Test rows that are measured, from the first on.", low=10, high=100_000,
            log=True, label="Test rows",
        )  # fmt: skip

    config: Config

    def make(self, run: Run, loaded: LoadedModel, follow: Follow) -> Findings:
        """Tables: numbers, categories, worst. Arrays: errors (n,), known (n, C, H, W) bool."""
        data = open_data(run.spec.dataset, run.spec.source, run.spec.splits)
        if data.kind == "image":
            raise InputError(
                "This run was trained on images, which have no columns; ask for reconstruct."
            )
        follow(0.1, "which values are known")
        known = known_in(run, data, self.config.count)
        pca = _pca(data, loaded, follow)
        made = _made(data, known, loaded, pca, follow)
        errors = masked_mse(made.run, made.x, made.known)
        tables = {
            "numbers": _numbers(data, made),
            "categories": _categories(data, made),
            "worst rows": _worst(data, made, errors),
        }
        scope = {
            "split": "test",
            "n": len(made.x),
            "step": loaded.step,
            "code_size": loaded.model.code_size if loaded.model.has_code else None,
            "pca_fitted_on": min(FIT_ON, data.size("train")) if pca else None,
            "mse": float(errors.mean()),
        }
        arrays = {"errors": errors.numpy(), "known": made.known.numpy()}
        return Findings(scope, {name: rows for name, rows in tables.items() if rows}, arrays)


def known_in(run: Run, data: ImageData, count: int) -> Tensor:
    """Which numbers of the first test samples are known: (n, C, H, W) bool.

    Read anew: in a data set that is open, what was missing has been filled in.
    """
    rows = data.splits["test"][:count]
    return ~run.spec.make_source().read().images[rows].isnan()


def _pca(data: ImageData, loaded: LoadedModel, follow: Follow) -> PcaBaseline | None:
    if not loaded.model.has_code:
        return None
    follow(0.2, "PCA of the training rows")
    return fit_pca(data.part("train", FIT_ON), loaded.model.code_size)


def _made(
    data: ImageData, known: Tensor, loaded: LoadedModel, pca: PcaBaseline | None, follow: Follow
) -> Made:
    none = corruptions["none"]
    x = data.part("test", len(known))
    made: list[Tensor] = []
    for _, _, part in reconstructions(loaded.model, x, none(none.Config()), 0):
        follow(0.4 + 0.6 * CHUNK * len(made) / len(x), "what the run makes of the test rows")
        made.append(part)
    return Made(x, known, torch.cat(made), pca.reconstruct(x) if pca else None)


def _parts(data: ImageData, made: Made, kind: str) -> Sequence[tuple[Column, Group, Made]]:
    series = data.kind == "series"
    pairs = zip(data.columns, places(data.columns), strict=True)
    return [(c, place, made.part(place, series)) for c, place in pairs if c.kind == kind]


def _numbers(data: ImageData, made: Made) -> list[Row]:
    rows: list[Row] = []
    for column, place, part in _parts(data, made, "number"):
        ours = number_fit(part.run, part.x, part.known)
        theirs = None if part.pca is None else number_fit(part.pca, part.x, part.known)
        usual = data.mean[place[0]] if data.kind == "series" else data.mean.flatten()[place[0]]
        mean = number_fit(usual.mean().expand_as(part.x), part.x, part.known)
        rows.append(
            {
                "column": column.name,
                "n": ours.count,
                "rmse": _told(ours.rmse * column.scale),
                "r2": _told(ours.r2),
                "pca rmse": None if theirs is None else _told(theirs.rmse * column.scale),
                "pca r2": None if theirs is None else _told(theirs.r2),
                "mean rmse": _told(mean.rmse * column.scale),
                "mean r2": _told(mean.r2),
            }
        )
    return rows


def _categories(data: ImageData, made: Made) -> list[Row]:
    rows: list[Row] = []
    for column, (start, stop), part in _parts(data, made, "category"):
        ours = category_fit(part.run, part.x)
        theirs = None if part.pca is None else category_fit(part.pca, part.x)
        shares = data.mean.flatten()[start:stop]
        seen = smoothed(shares, data.size("train")).expand_as(part.x)
        usual = category_fit(seen, part.x)
        rows.append(
            {
                "column": column.name,
                "n": ours.count,
                "values": column.width,
                "accuracy": ours.accuracy,
                "cross-entropy": ours.cross_entropy,
                "pca accuracy": None if theirs is None else theirs.accuracy,
                "most frequent": column.values[int(shares.argmax())],
                "its accuracy": usual.accuracy,
                "its cross-entropy": usual.cross_entropy,
            }
        )
    return rows


def _worst(data: ImageData, made: Made, errors: Tensor) -> list[Row]:
    labels = data.part_labels("test", len(errors))
    where = worst_places(made.run, made.x, made.known)
    each = made.x[0].numel() // len(data.columns) if data.kind == "series" else 0
    rows: list[Row] = []
    for row in errors.argsort(descending=True, stable=True)[:WORST].tolist():
        place = int(where[row])
        column = data.columns[place // each] if each else _column_at(data.columns, place)
        rows.append(
            {
                f"test {NOUNS[data.kind][0]}": row,
                "class": data.classes[int(labels[row])],
                "error": float(errors[row]),
                "furthest off": column.name,
            }
        )
    return rows


def _column_at(columns: tuple[Column, ...], place: int) -> Column:
    pairs = zip(columns, places(columns), strict=True)
    return next(column for column, (start, stop) in pairs if start <= place < stop)


def _told(value: float) -> float | None:
    return value if isfinite(value) else None
