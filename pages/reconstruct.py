"""Reconstruct: what goes in, what comes out, and how far off it is."""

from pathlib import Path

import streamlit as st

from aecore.runs import Run
from ui.components import gallery_view
from ui.measured import measures
from ui.reconstruct_parts import controls, heading
from ui.selection import current_run

TRAIN = Path(__file__).with_name("train.py")


def show(run: Run) -> None:
    """The controls in one line, the samples, and the run's figures at the right."""
    if not heading(run, TRAIN):
        return
    asked = controls(run)
    grid = st.grid(2, min_column_width=390, gap="medium")
    with grid.cell():
        gallery_view(run, asked)
    with grid.cell():
        measures(run)


st.title("Reconstruct")
run = current_run()
if run is None:
    st.info("Here you will see test images beside their reconstructions. First choose a run.")
    st.page_link(TRAIN, label="Train one", icon=":material/model_training:")
else:
    show(run)
