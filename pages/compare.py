"""Compare: what several runs make of the same image, beside PCA with codes as long."""

from pathlib import Path

import streamlit as st

from aecore.runs import Run
from ui.access import see, visitor
from ui.beside import choose_beside
from ui.compare_parts import (
    choose_sample,
    choose_umap,
    methods_table,
    names_of,
    scope_line,
    side_by_side,
    verdict,
    wipe_between,
)
from ui.reconstruct_parts import choose_count
from ui.reports import downloads, report
from ui.run_page import open_page
from ui.sweep_parts import sweep_view
from ui.words import is_image, noun

TRAIN = Path(__file__).with_name("train.py")


def show(run: Run) -> None:
    """One sample in all copies, then the figures over the test sample."""
    line = st.grid(5, min_column_width=150)
    with line.cell(column_span=3):
        others = choose_beside(
            run, f"all of them copy the same test {noun(run.spec)}s.", with_code=False
        )
    with line.cell():
        count = choose_count(run)
    with line.cell():
        umap = choose_umap(run)
    beside = [see(visitor(), name).run for name in others]
    found = report(run, "compare", {"count": count, "umap": umap}, beside)
    if found is None:
        return
    names = names_of(found, {run.id: "This run"} | others)
    grid = st.grid(2, min_column_width=340, gap="medium")
    with grid.cell():
        sample = choose_sample(run, found)
        side_by_side(run, found, names, sample)
    with grid.cell():
        wipe_between(found, names, sample)
    more = "PSNR, SSIM and R²" if is_image(run.spec) else "R²"
    st.subheader(f"Over the test {noun(run.spec)}s", help=f"{more}: more is better; MSE: less is.")
    st.markdown("\n".join(f"- {line}" for line in verdict(found, names)))
    st.table(methods_table(found, names), hide_index=True)
    st.caption(scope_line(found, noun(run.spec)))
    downloads(found, run, "compare")
    sweep_view(run, count)


run = open_page(
    "Compare", "Here you will see several copies of one image or row side by side.", TRAIN
)
if run is not None:
    show(run)
