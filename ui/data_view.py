"""A chosen data set, looked at: its samples, classes, values, near copies, and damage to it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import streamlit as st
import torch
from numpy.typing import NDArray
from torch import Tensor

from aecore.datasets import ImageData
from aecore.datasets.splits import SPLITS, Split
from aecore.errors import AecoreError
from aecore.metrics.facts import (
    ColumnFacts,
    class_counts,
    column_facts,
    pixel_histogram,
)
from aecore.metrics.near_copies import NearCopies, near_copies
from aecore.runs import RunSpec
from aecore.samples import NOUNS
from ui.background import Work
from ui.components import chart, pictures
from ui.data_damage import damage
from ui.data_figures import OF_CLASSES, balance, class_lines, column_bars, pixel_lines
from ui.figures import strip
from ui.grids import Grid
from ui.image import image
from ui.linked import choice, whole_number
from ui.resources import data
from ui.waiting import waited
from ui.words import count_of, plain

VIEWS = {
    "samples": "Samples",
    "classes": "Classes",
    "values": "Values",
    "copies": "Near copies",
    "damage": "Damage",
}
SHEET, COLUMNS = 48, 12
PAIRS = 12


@dataclass(frozen=True)
class Facts:
    """What is shown of a data set beside its samples; mean: (1, C, H, W) uint8."""

    mean: Tensor
    counts: dict[Split, list[int]]
    pixels: tuple[NDArray[np.int64], int] | None
    columns: tuple[ColumnFacts, ...]


def opened(spec: RunSpec) -> tuple[ImageData, Facts] | None:
    """The data of a spec and the facts on them; None while the page says how far that is."""
    key = ("facts", spec.dataset, spec.source, spec.splits)
    work = waited(key, "Opening the data set", partial(_facts, spec))
    if work is None:
        return None
    if work.problem:
        st.error(plain(work.problem))
        return None
    try:
        return data(spec.dataset, spec.source, spec.splits), work.result
    except AecoreError as error:  # it was deleted this moment
        st.error(plain(str(error)))
        return None


def _facts(spec: RunSpec, work: Work) -> Facts:
    work.tell("reading its samples", 0.2)
    found = data(spec.dataset, spec.source, spec.splits)
    work.tell("counting", 0.7)
    image = found.kind == "image"
    columns: Sequence[ColumnFacts] = ()
    if not image:
        source, few = spec.make_source(), 1 < len(found.classes) <= len(OF_CLASSES)
        pool = source.read()
        columns = column_facts(
            pool.images, found.kind, source.columns, pool.labels if few else None,
            len(found.classes),
        )  # fmt: skip
    return Facts(
        found.pictures(found.mean[None]),
        class_counts(found),
        pixel_histogram(found) if image else None,
        tuple(columns),
    )


def views(spec: RunSpec, found: ImageData, facts: Facts) -> None:
    """One of the ways to look at it, as the link says."""
    shown = choice("pictured", "Look at", VIEWS, "samples", "What is shown of it.", segments=True)
    if shown == "samples":
        _samples(found)
    elif shown == "classes":
        _classes(found, facts)
    elif shown == "values":
        _values(found, facts)
    elif shown == "copies":
        _copies(spec, found)
    else:
        damage(spec, found)


def _samples(found: ImageData) -> None:
    line = st.grid(3, min_column_width=180)
    with line.cell():
        part = choice("part", "Split", {name: name.capitalize() for name in SPLITS}, "train",
                      "Which samples: those that train, validate or test.")  # fmt: skip
    titles = {"": "All classes", **{str(at): name for at, name in enumerate(found.classes)}}
    with line.cell():
        wanted = choice("of_class", "Class", titles, "", "Samples of one class alone.")
    split = next(name for name in SPLITS if name == part)
    rows = found.splits[split]
    if wanted:
        rows = rows[found.labels[rows] == int(wanted)]
    sheets = max(1, -(-len(rows) // SHEET))
    with line.cell():
        number = whole_number("sheet_number", "Sheet", (1, sheets), 1, f"{SHEET} samples each.")
    noun = NOUNS[found.kind][1]
    st.caption(f"{len(rows):,} {noun} here, sheet {number} of {sheets:,}, always in this order.")
    shown = rows[(number - 1) * SHEET : number * SHEET]
    if len(shown):
        _sheet(found, shown)


def _sheet(found: ImageData, rows: Tensor) -> None:
    made = found.pictures(found.images[rows])
    lines = -(-len(rows) // COLUMNS)
    blank = lines * COLUMNS - len(rows)
    made = torch.cat([made, torch.zeros(blank, *made.shape[1:], dtype=torch.uint8)])
    notes = [f"no. {int(row)}: {found.classes[int(found.labels[row])]}" for row in rows]
    pictures("sheet", Grid(made, COLUMNS, ("",) * lines, tuple(notes + [""] * blank)))


def _classes(found: ImageData, facts: Facts) -> None:
    told = "; ".join(f"{name} {sum(facts.counts[name]):,}" for name in SPLITS)
    st.caption(f"{NOUNS[found.kind][1].capitalize()} of each class in each split: {told}.")
    alt = "Bars: samples of each class in the training, validation and test split"
    chart(balance(found.classes, facts.counts), "balance", alt)
    if found.kind == "image":
        st.markdown("**Mean image**")
        image(strip(facts.mean, 1, 140), "The mean of all training images")
        st.caption(f"The mean of {found.size('train'):,} training images.")


def _values(found: ImageData, facts: Facts) -> None:
    if facts.pixels is not None:
        counts, images = facts.pixels
        alt = "Lines: how often pixels have each brightness"
        chart(pixel_lines(counts), "pixels", alt)
        st.caption(f"All pixels of {images:,} training images, in bins of four brightnesses.")
        return
    st.table([_row(each) for each in facts.columns], hide_index=True)
    st.caption(f"Over all {facts.columns[0].count:,} values of each column, in its own units.")
    names = {str(at): each.name for at, each in enumerate(facts.columns)}
    which = choice("column", "Column", names, "0", "Whose values are drawn.")
    chosen = facts.columns[int(which)]
    chart(column_bars(chosen), "column", f"Bars: the values of the column {chosen.name}")
    if chosen.by_class:
        st.markdown("**Class by class**")
        alt = f"How often each class has which values of the column {chosen.name}"
        chart(class_lines(chosen, found.classes), "column-classes", alt)
        st.caption("Each class adds up to 100 %; how many of its values are known is in brackets.")


def _row(each: ColumnFacts) -> dict[str, str]:
    if each.values:
        most = max(zip(each.counts, each.values, strict=True))
        what = f"{len(each.values)} values, most often {most[1]} ({most[0]:,})"
    else:
        what = "numbers"
    figures = {"Mean": each.mean, "SD": each.deviation, "Least": each.least,
               "Greatest": each.greatest}  # fmt: skip
    told = {name: "" if np.isnan(value) else f"{value:.4g}" for name, value in figures.items()}
    return {"Column": plain(each.name), "Holds": plain(what), "Missing": f"{each.missing:,}"} | told


def _copies(spec: RunSpec, found: ImageData) -> None:
    key = ("copies", spec.dataset, spec.source, spec.splits)
    work = waited(key, "Comparing test and training samples", lambda _: near_copies(found, PAIRS))
    if work is None or work.problem:
        if work is not None:
            st.error(plain(work.problem))
        return
    near: NearCopies = work.result
    scope = f"of {near.tested:,} test samples, {near.exact:,} are in the training split too"
    if near.exact:
        st.warning(
            f"Exact copies cross the split: {scope} ({near.trained:,} samples), number for "
            "number. Figures on the test split will look better than they are."
        )
    else:
        st.caption(f"No exact copy crosses the split: {scope}, of {near.trained:,} samples.")
    rows = torch.from_numpy(np.concatenate([near.test, near.train]))
    columns = len(near.test)
    notes = [f"no. {int(row)}: {found.classes[int(found.labels[row])]}" for row in rows]
    captions = tuple(f"{value:.3g}" for value in near.distances) + ("",) * columns
    pictures("copies", Grid(found.pictures(found.images[rows]), columns, ("test", "training"),
                            tuple(notes), captions=captions))  # fmt: skip
    st.caption(
        f"The {count_of(columns, 'nearest pair')} with their Euclidean distance, looked for from "
        f"{near.looked_at:,} test samples among {near.among:,} training samples."
    )
