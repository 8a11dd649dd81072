"""Traversal: what each number of the code does, the others held."""

from __future__ import annotations

import streamlit as st

from aecore.latent.axes import EDGE, traversal
from ui.decoder_parts import COLUMNS, FRAMES, WIDTH, Lab, choose_start, show, told
from ui.grids import Grid
from ui.words import noun

ROWS = 8
ORDERED = {
    "kl": "those first that tell most, by their KL from the prior in nats",
    "variance": "those first that vary most, by their variance",
}


def traversal_view(lab: Lab) -> None:
    """A row for each number of the code, from its low to its high end."""
    with st.container(horizontal=True, width=WIDTH):
        start, said = choose_start(lab)
        start = told(lab, start)
    codes = traversal(lab.axes, start, ROWS, COLUMNS)
    axes = lab.axes.order[: len(codes)].tolist()
    notes = [
        f"z{axis + 1} = {codes[row, column, axis]:.2f}"
        for row, axis in enumerate(axes)
        for column in range(COLUMNS)
    ]
    grid = Grid(
        lab.decode(codes).flatten(0, 1),
        COLUMNS,
        rows=tuple(f"z{axis + 1}" for axis in axes),
        notes=tuple(notes),
        heads=("low", *[""] * (COLUMNS - 2), "high"),
    )
    images = len(lab.axes.codes)
    st.caption(
        f"Each row moves one number of the code from its {100 * EDGE:g} % to its "
        f"{100 - 100 * EDGE:g} % quantile over {images:,} test {noun(lab.run.spec)}s; the "
        f"others stay as in {said}. Of {lab.found} numbers, {ORDERED[lab.axes.by]}."
    )
    show(lab, "traversal", grid,
         lambda: lab.decode(traversal(lab.axes, start, ROWS, FRAMES).transpose(0, 1)),
         4)  # fmt: skip
