"""Train: choose what to train at the left, watch it learn at the right."""

from pathlib import Path

import streamlit as st

from aecore.runs import Run
from ui.components import live_view
from ui.selection import RUN, current_run, edit_spec, linked_spec
from ui.train_form import form, start_panel
from ui.words import spec_line

RECONSTRUCT = Path(__file__).with_name("reconstruct.py")


def watch(run: Run) -> None:
    """A run, alive or over; its form folded into one line."""
    line, edit, look = st.columns([6, 1.4, 1.6], vertical_alignment="center")
    line.markdown(spec_line(run.spec))
    edit.button(
        "Edit",
        icon=":material/edit:",
        help="Open the form filled with this run's settings, to train another like it. "
        "This run stays as it is.",
        on_click=lambda: edit_spec(run.repeatable_spec()),
        width="stretch",
    )
    look.page_link(
        RECONSTRUCT, label="Reconstruct", icon=":material/compare:", query_params={RUN: run.id}
    )
    live_view(run)


st.title("Train")
run = current_run() if RUN in st.query_params else None
if run is not None:
    watch(run)
else:
    spec, problems = linked_spec()
    for problem in problems:
        st.warning(f"The link asked for something that cannot be: {problem} The default is used.")
    left, right = st.columns([1, 2], gap="large")
    with left:
        form(spec)
    with right:
        start_panel(spec)
