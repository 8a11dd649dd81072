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
from ui.words import is_image, noun

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
    st.markdown(dead_line(run, found))
    units_view(run, found, chosen(found, sort, count))
    one = noun(run.spec)
    scale = "white is more light, black less, " if is_image(run.spec) else ""
    st.caption(
        f"Draws: how the decoded {one} changes when this unit grows and all others stay at their "
        f"average; {scale}each picture on its own scale. 1. to 8.: the "
        f"test {one}s with the most of it, of the first {found.scope['n']:,}; model of step "
        f"{found.scope['step']}."
    )
    st.subheader(
        "How many directions the code answers to",
        help="Where a code moves only in a few directions, all other changes of its sample, such "
        "as noise, are ignored.",
    )
    spectrum_view(run, found)
    downloads(found, run, "features")


run = open_page(
    "Features", "Here you will see what each unit of a code stands for.", TRAIN, of_the_code=True
)
if run is not None:
    show(run)
