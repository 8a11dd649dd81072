"""Reconstruct: what goes in, what comes out, and how far off it is; all test images in sheets."""

from pathlib import Path
from typing import Any

import streamlit as st

from aecore.runs import Run
from ui.browse_parts import (
    choose_count,
    choose_group,
    choose_span,
    classes_table,
    histogram,
    pixels_view,
    sheets,
)
from ui.column_parts import columns_view
from ui.components import chart, gallery_view, points_view
from ui.measured import measures
from ui.reconstruct_parts import controls
from ui.reports import downloads, report
from ui.resources import run_data
from ui.run_page import open_page
from ui.words import noun

TRAIN = Path(__file__).with_name("train.py")


def show(run: Run) -> None:
    """The controls in one line, the samples, and the run's figures at the right."""
    asked = controls(run)
    grid = st.grid(2, min_column_width=390, gap="medium")
    with grid.cell():
        of = run_data(run).kind
        if of == "image":
            gallery_view(run, asked)
        elif of == "points":
            points_view(run, asked["step"])
        else:
            columns_view(run)
    with grid.cell():
        measures(run)
    browse(run, asked)


def browse(run: Run, asked: dict[str, Any]) -> None:
    """Every reconstruction: errors by image, class and pixel, and sheets of those in a span."""
    st.subheader(
        "All of them",
        help="Every test sample with its error; corruption, class and order are those above.",
    )
    line = st.grid(5, min_column_width=130)
    with line.cell():
        count = choose_count()
    with line.cell():
        group = choose_group(run)
    settings = {
        "corruption": asked["corruption"], "level": asked["level"], "count": count,
        "noise_seed": asked["seed"],
    }  # fmt: skip
    found = report(run, "reconstruct", settings)
    if found is None:
        return
    errors = found.arrays["mse"]
    grid = st.grid(3, min_column_width=340, gap="medium")
    with grid.cell():
        place = st.container()
        span = choose_span(errors)
        with place:
            chart(histogram(errors, span), "browse-errors", "How many samples have which error")
    with grid.cell():
        classes_table(run, found)
    with grid.cell():
        pixels_view(run, found)
    sheets(run, found, {**asked, **settings, "group": group, "low": span[0], "high": span[1]})
    st.caption(
        f"{found.scope['n']:,} test {noun(run.spec)}s, model of step {found.scope['step']}, noise "
        f"seed {found.scope['noise_seed']}; intervals by 1,000 bootstrap draws."
    )
    downloads(found, run, "reconstruct")


run = open_page(
    "Reconstruct", "Here you will see test samples beside their reconstructions.", TRAIN
)
if run is not None:
    show(run)
