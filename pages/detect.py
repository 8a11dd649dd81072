"""Find anomalies: how well the run tells odd images from normal ones, beside classical methods."""

from pathlib import Path

import streamlit as st

from aecore.reports import Findings
from aecore.reports.suspects import LEFT_OUT
from aecore.runs import Run
from ui.detect_parts import (
    choose_score,
    choose_threshold,
    comparison,
    figures,
    gallery,
)
from ui.own_suspects import own_suspects
from ui.reports import downloads, report
from ui.run_page import open_page
from ui.suspects_choice import choose_suspects, nothing_left_out
from ui.words import is_image, noun

TRAIN = Path(__file__).with_name("train.py")


def show(run: Run) -> None:
    """What is odd, and once it is measured, how well it is found."""
    grid = st.grid(2, min_column_width=300, gap="medium")
    with grid.cell():
        suspects = choose_suspects(run)
    if suspects == LEFT_OUT and run.spec.splits.leave_out < 0:
        nothing_left_out(run, TRAIN)
        return
    found = report(run, "detect", {"suspects": suspects})
    if found is not None:
        with grid.cell():
            name = choose_score(run, found)
        explore(run, found, name)


def explore(run: Run, found: Findings, name: str) -> None:
    """One score in full, all of them in a table, and images that a person brings."""
    view = choose_threshold(found, name)
    figures(run, view)
    st.subheader(
        f"The oddest {noun(run.spec)}s", help="Those that this score puts first, odd or not."
    )
    gallery(run, found, view)
    st.subheader("All scores beside each other", help="The same samples, judged by each of them.")
    comparison(run, found)
    downloads(found, run, "detect")
    if is_image(run.spec):
        st.subheader("Your own suspects", help="Images of yours, scored like the test images.")
        own_suspects(run, view)


run = open_page(
    "Find anomalies", "Here you will see which test samples a run takes for odd.", TRAIN
)
if run is not None:
    show(run)
