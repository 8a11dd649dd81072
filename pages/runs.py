"""Runs: everything that you have trained, like a lab book."""

from pathlib import Path

import streamlit as st

from ui.notes import show_note
from ui.run_details import details
from ui.run_import import import_menu
from ui.runs_parts import has_any, listing
from ui.runs_trash import trash, undo_notice

TRAIN = Path(__file__).with_name("train.py")

with st.container(horizontal=True, vertical_alignment="bottom"):
    st.title("Runs", width="stretch")
    import_menu()
show_note()
undo_notice()
if has_any():
    listing(details)
else:
    st.info(
        "Every run that you train will be here: what it was, how it went, and its best figure. "
        "Train one, or import one from a file."
    )
    st.page_link(TRAIN, label="Train one", icon=":material/model_training:")
trash()
