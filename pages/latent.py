"""Latent space: maps of the same test images side by side, linked."""

from pathlib import Path

import streamlit as st

from aecore.runs import Run
from ui import resources
from ui.components import decoder, map_board
from ui.drives import drives_view
from ui.latent_parts import (
    choose_colour,
    choose_maps,
    count_of,
    from_link,
    measures_table,
    offered,
    query,
    rows_of,
    selection_view,
    to_link,
)
from ui.reconstruct_parts import heading
from ui.selection import current_run, linked, note_in_link
from ui.words import NO_CODE

TRAIN = Path(__file__).with_name("train.py")


def show(run: Run) -> None:
    """The maps, what is selected in them, and how far they can be trusted."""
    if not heading(run, TRAIN):
        return
    specs = offered(run)
    left, right = st.columns([3, 1])
    with left:
        names = choose_maps(specs)
    with right:
        colour = choose_colour()
    if not run.spec.kind.has_code:
        st.info(NO_CODE)
    count = count_of(run)
    begun = from_link(linked("chosen", ""), count)
    shown = [specs[name] for name in names]
    step = resources.run_model(run).step
    bits = map_board(run, [query(spec) for spec in shown], colour, begun, step)
    note_in_link("chosen", to_link(bits))
    rows = rows_of(bits, count)
    if len(rows):
        selection_view(run, rows)
    if run.spec.kind.has_code:
        st.subheader(
            "The decoder under your hand",
            help="Move a number of the code and see what the decoder makes of it. Select one image "
            "in a map to start from its code.",
        )
        decoder(run, str(rows[0]) if len(rows) == 1 else "middle", step)
    if shown:
        st.subheader("How far to trust these maps", help="The same measures for each map.")
        st.fragment(measures_table, run_every=2.0)(run, shown)
    if run.spec.kind.has_code:
        st.subheader(
            "What drives a number of the code",
            help="What the test images with much and with little of a number look like, which "
            "pixels move it, and how it differs between classes.",
        )
        drives_view(run)


st.title("Latent space")
run = current_run()
if run is None:
    st.info("Here you will see the codes of test images as maps. First choose a run.")
    st.page_link(TRAIN, label="Train one", icon=":material/model_training:")
else:
    show(run)
