"""Restore: what a run makes of damaged images, beside the best that simple methods can do."""

from pathlib import Path

import streamlit as st

from aecore.runs import Run
from ui.brush_parts import draw_over
from ui.denoise_parts import controls, further, images, methods, preview
from ui.field_parts import field_view
from ui.resources import run_data
from ui.run_page import of_images, open_page

TRAIN = Path(__file__).with_name("train.py")


def show(run: Run) -> None:
    """The damage, what the run makes of it at once and every method in the end, and more."""
    asked = controls(run)
    grid = st.grid(2, min_column_width=390, gap="medium")
    with grid.cell():
        preview(run, asked)
    with grid.cell():
        found = methods(run, asked)
        if found is not None:
            images(run, found)
    draw_over(run)
    further(run, asked)


run = open_page("Restore", "Here you will see how well a run restores damaged images.", TRAIN)
if run is not None and run_data(run).kind == "points":
    field_view(run)
elif run is not None and of_images(run, "Restoring"):
    show(run)
