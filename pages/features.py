"""Features: what single units of the code stand for."""

from pathlib import Path

import streamlit as st

from aecore.runs import Run
from ui.features_parts import (
    choose_count,
    choose_sort,
    chosen,
    dead_line,
    spectrum_view,
    units_view,
)
from ui.reports import downloads, report
from ui.run_page import open_page

TRAIN = Path(__file__).with_name("train.py")


def show(run: Run) -> None:
    """The units with their images, then the spectrum."""
    left, right, _ = st.columns([2, 1, 2])
    with left:
        sort = choose_sort()
    with right:
        count = choose_count()
    found = report(run, "features", {})
    if found is None:
        return
    st.markdown(dead_line(found))
    units_view(run, found, chosen(found, sort, count))
    st.caption(
        "Draws: how the decoded image changes when this unit grows and all others stay at their "
        "average; white is more light, black less, each picture on its own scale. 1. to 8.: the "
        f"test images with the most of it, of the first {found.scope['n']:,}; model of step "
        f"{found.scope['step']}."
    )
    st.subheader(
        "How many directions the code answers to",
        help="Where the code of an image moves only in a few directions, all other changes of the "
        "image, such as noise, are ignored.",
    )
    spectrum_view(found)
    downloads(found, run, "features")


run = open_page(
    "Features", "Here you will see what each unit of a code stands for.", TRAIN, of_the_code=True
)
if run is not None:
    show(run)
