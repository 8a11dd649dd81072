"""The part of the page on restoring where one draws over a test image oneself."""

from __future__ import annotations

from random import randrange

import streamlit as st

from aecore.runs import Run
from ui.calm import to_the_end
from ui.components import brush
from ui.held_out import count_of
from ui.linked import whole_number
from ui.resources import run_data, run_model
from ui.selection import note_in_link
from ui.words import plain

NUMBER = "drawn_over"
"""The test image's number in the link."""
WIDTH = 320
"""Pixels that the choice of an image takes up."""


def draw_over(run: Run) -> None:
    """A test image on a pad, and what the run restores of it."""
    st.subheader(
        "Draw over it yourself",
        help="Draw over a test image or erase a part of it; the run restores it while you draw. "
        "Nothing of it is kept.",
    )
    last = count_of(run) - 1
    with st.container(horizontal=True, vertical_alignment="bottom", width=WIDTH):
        number = whole_number(
            NUMBER, "Test image", (0, last), 0,
            f"Its number in the test split, 0 to {last:,}; − and + lead to the one before and "
            "after.",
        )  # fmt: skip
        st.button("Another", key="brush:another", on_click=_another, args=(last, number),
                  help="Takes any other test image.")  # fmt: skip
    data = run_data(run)
    label = int(data.part_labels("test", number + 1)[-1])
    st.caption(f"Test image {number}, class {plain(data.classes[label])}.")
    brush(run, number, run_model(run).step)


@to_the_end
def _another(last: int, number: int) -> None:
    """Any but the one that is shown."""
    step = randrange(1, last + 1) if last else 0
    note_in_link(NUMBER, str((number + step) % (last + 1)))
