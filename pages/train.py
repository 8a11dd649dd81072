"""Train: choose what to train at the left, watch it learn at the right."""

from pathlib import Path

import streamlit as st

from aecore.runs import Run
from ui.access import see, visitor
from ui.components import live_view, preload_charts
from ui.form_link import edit_spec, linked_spec
from ui.ready_made import ready_made
from ui.run_page import data_deleted
from ui.selection import RUN, linked_run
from ui.sharing import share_menu, view_only
from ui.train_form import form, start_panel
from ui.words import plain, spec_line

LOOK = {
    "latent.py": ("Latent space", ":material/scatter_plot:"),
    "reconstruct.py": ("Reconstruct", ":material/compare:"),
}
"""The pages that look at a run, with their titles and icons."""


def watch(run: Run) -> None:
    """A run, alive or over; its form folded into one line."""
    seen = see(visitor(), run.id)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(spec_line(run.spec), width="stretch")
        st.button(
            "Edit",
            icon=":material/edit:",
            help="Open the form filled with this run's settings, to train another like it. "
            "This run stays as it is.",
            on_click=lambda: edit_spec(run.repeatable_spec()),
        )
        for page, (label, icon) in LOOK.items():
            place = Path(__file__).with_name(page)
            st.page_link(place, label=label, icon=icon, query_params={RUN: run.id}, width="content")
        share_menu(seen)
    view_only(seen)
    data_deleted(run)
    live_view(run)


st.title("Train")
run = linked_run()
if run is not None:
    watch(run)
else:
    spec, problems = linked_spec()
    for problem in problems:
        st.warning(
            f"The link asked for something that cannot be: {plain(problem)} The default is used."
        )
    grid = st.grid(3, min_column_width=280, gap="medium")
    with grid.cell():
        ready_made()
        form(spec)
    with grid.cell(column_span=2):
        start_panel(spec)
        preload_charts()
