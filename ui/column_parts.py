"""Columns of a table, channels of a series: the error of each, and single samples in full."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import streamlit as st
import torch
from torch import Tensor

from aecore.reports import Findings
from aecore.runs import Run
from aecore.samples import NOUNS, Column, places
from ui.components import chart
from ui.linked import choice, whole_number
from ui.reports import downloads, report
from ui.resources import run_data, run_model
from ui.sample_figures import lines
from ui.words import plain

ORDERS = {"worst": "Worst first", "best": "Best first", "first": "As they come"}
COUNTS = {"500": "500", "2000": "2,000", "10000": "10,000", "100000": "All"}
HELP = {
    "n": "Values of the test split that are not missing.",
    "RMSE": "Root of the mean squared error, in the unit of the column.",
    "R²": "Share of the column's variance that the reconstructions explain: 1 is a perfect copy, "
    "0 no better than the column's mean.",
    "PCA's R²": "The same for PCA with as many numbers in its code.",
    "PCA's RMSE": "The same for PCA with as many numbers in its code.",
    "Mean's R²": "The same for the mean of the training split in every row.",
    "Mean's RMSE": "The error of the training split's mean in every row.",
    "Accuracy": "Share of the rows whose likeliest value is the true one.",
    "Cross-entropy": "In nats: 0 where the true value always has the whole probability.",
    "PCA's accuracy": "The same for PCA with as many numbers in its code.",
    "Most frequent": "The value that most rows of the training split have.",
    "Its accuracy": "Of always saying the most frequent value.",
    "Its cross-entropy": "Of always saying how frequent each value is in the training split.",
}
NUMBERS = {"column": "Column", "r2": "R²", "pca r2": "PCA's R²", "mean r2": "Mean's R²",
           "rmse": "RMSE", "pca rmse": "PCA's RMSE", "mean rmse": "Mean's RMSE",
           "n": "n"}  # fmt: skip
CATEGORIES = {"column": "Column", "accuracy": "Accuracy", "pca accuracy": "PCA's accuracy",
              "its accuracy": "Its accuracy", "most frequent": "Most frequent",
              "cross-entropy": "Cross-entropy", "its cross-entropy": "Its cross-entropy",
              "values": "Values", "n": "n"}  # fmt: skip


def columns_view(run: Run) -> None:
    """Where a run is good and where not: by column, then row by row, in the columns' units."""
    st.subheader("Columns", help="On the test split, which training never saw.")
    count = choice("rows", "Test samples", COUNTS, "2000", "From the first of the test split on.")
    found = report(run, "columns", {"count": int(count)})
    if found is None:
        return
    _table(found, "numbers", NUMBERS)
    _table(found, "categories", CATEGORIES)
    of = "no code to compare" if found.scope["code_size"] is None else (
        f"PCA of {found.scope['pca_fitted_on']:,} training rows with a code of "
        f"{found.scope['code_size']}"
    )  # fmt: skip
    st.caption(
        f"{found.scope['n']:,} of the test split, model of step {found.scope['step']}; {of}."
    )
    downloads(found, run, "columns")
    sample_view(run, found)


def _table(found: Findings, name: str, titles: dict[str, str]) -> None:
    rows = found.tables.get(name, ())
    if not rows:
        return
    table = {title: [row[key] for row in rows] for key, title in titles.items()}
    settings: dict[str, Any] = {
        title: st.column_config.NumberColumn(help=HELP.get(title), format="%.4g")
        for key, title in titles.items()
        if isinstance(rows[0][key], float | None)
    }
    st.dataframe(table, hide_index=True, column_config=settings)


@st.fragment  # another sample draws this part alone anew
def sample_view(run: Run, found: Findings) -> None:
    """One sample after another: the original beside what the run makes of it."""
    data, errors = run_data(run), found.arrays["errors"]
    noun = NOUNS[data.kind][0]
    st.subheader(f"Single {NOUNS[data.kind][1]}", help="In the units of the data.")
    left, right = st.columns(2)
    with left:
        order = choice("row_order", "Order", ORDERS, "worst", "By the error of the reconstruction.")
    with right:
        at = whole_number(
            "row", noun.capitalize(), (1, len(errors)), 1, "Which one, in that order."
        )
    row = _ordered(errors, order)[at - 1]
    x, known = data.part("test", row + 1)[row:], torch.from_numpy(found.arrays["known"][row])
    with torch.inference_mode():
        made = run_model(run).model(x)
    label = plain(data.classes[int(data.part_labels("test", row + 1)[row])])
    st.caption(f"Test {noun} {row}, class {label}, mean squared error {errors[row]:.4g}.")
    if data.kind == "series":
        figure = lines(x[0, :, 0], made[0, :, 0], known[:, 0], data.columns)
        chart(figure, "columns-sample", "The channels of the original and of the reconstruction")
    else:
        st.dataframe(beside(x[0], made[0], known, data.columns), hide_index=True)


def _ordered(errors: np.ndarray[Any, Any], order: str) -> list[int]:
    if order == "first":
        return list(range(len(errors)))
    return np.argsort(errors if order == "best" else -errors, kind="stable").tolist()


def beside(
    x: Tensor, made: Tensor, known: Tensor, columns: Sequence[Column]
) -> dict[str, list[str | float]]:
    """A sample and its reconstruction, column by column in their units, the furthest off first.

    x, made: (1, 1, numbers) on the common scale; known: the same shape, bool.
    """
    true, copy, there = x.flatten(), made.flatten(), known.flatten()
    rows: list[tuple[str, str, str, float]] = []
    for column, (start, stop) in zip(columns, places(tuple(columns)), strict=True):
        if column.kind == "category":
            value, guess = int(true[start:stop].argmax()), int(copy[start:stop].argmax())
            share = float(copy[start:stop][guess])
            off = float((true[start:stop] - copy[start:stop]).abs().max())
            told = column.values[value], f"{column.values[guess]} ({share:.0%})"
        else:
            off = abs(float(true[start] - copy[start])) if there[start] else 0.0
            told = (
                _number(true[start], column) if there[start] else "(missing)",
                _number(copy[start], column),
            )
        rows.append((column.name, *told, off))
    rows.sort(key=lambda row: -row[3])
    names, originals, copies, errors = zip(*rows, strict=True)
    return {
        "Column": list(names),
        "Original": list(originals),
        "Reconstruction": list(copies),
        "Off by": [round(error, 3) for error in errors],
    }


def _number(value: Tensor, column: Column) -> str:
    return f"{float(value) * column.scale + column.mean:.5g}"
