"""The browser of reconstructions: errors of all test images, a span of them, sheets of these."""

from __future__ import annotations

from typing import Any

import numpy as np
import streamlit as st
import torch
from numpy.typing import NDArray

from aecore.errors import InputError, StoreError
from aecore.reports import Findings
from aecore.runs import Run
from aecore.runs.groups import read_groups
from aecore.samples import places
from ui import components
from ui.asked import number, whole
from ui.figures import by_number, heat
from ui.linked import choice
from ui.resources import run_data
from ui.selection import linked, note_in_link, set_widget, widget_value
from ui.sheets import ALL, SHEET, rows_of
from ui.words import count_of, is_image, noun, numbers_word, plain

COUNTS = {"500": "500", "2000": "2,000", "10000": "10,000", "100000": "All"}
BARS = 60
SPAN = "browse:span"


def choose_count() -> int:
    """How many test images are looked at; the link says so."""
    return int(
        choice("count", "Test samples", COUNTS, "2000",
               "From the first of the test split on; more take longer.")
    )  # fmt: skip


def choose_group(run: Run) -> str:
    """The named group whose images alone are shown; the link says so."""
    try:
        names = list(read_groups(run))
    except StoreError:
        names = []
    titles = {ALL: "All"} | {name: name for name in names}
    return choice(
        "group", "Group", titles, ALL,
        "Show those of one named group only; groups are made on the page Latent space.",
    )  # fmt: skip


def choose_span(errors: NDArray[np.float64]) -> tuple[float, float]:
    """Between which errors the shown images lie, in thousandths; the link says so."""
    low, high = float(np.floor(1000 * errors.min())), float(np.ceil(1000 * errors.max()))
    high = max(high, low + 1)
    given = linked("errors", "").split("-")
    try:
        first, last = (number(text, "errors") for text in given)
    except (InputError, ValueError):
        first, last = low, high
    first, last = sorted((min(max(first, low), high), min(max(last, low), high)))
    set_widget(SPAN, (first, last))
    st.slider(
        "Errors from … to, × 0.001", low, high, step=(high - low) / 200, key=SPAN,
        help="Show only those whose mean squared error lies between these; the histogram "
        "shows where most lie.",
        on_change=_note_span,
    )  # fmt: skip
    lowest, highest = widget_value(SPAN)
    return lowest / 1000, highest / 1000


def _note_span() -> None:
    low, high = widget_value(SPAN)
    note_in_link("errors", f"{low:g}-{high:g}")


def histogram(errors: NDArray[np.float64], span: tuple[float, float]) -> Any:
    """How many images have which error, those of the span in full colour: a Plotly figure."""
    import plotly.graph_objects as go

    counts, edges = np.histogram(errors, BARS)
    middles = (edges[:-1] + edges[1:]) / 2
    within = (edges[1:] >= span[0]) & (edges[:-1] <= span[1])
    bars = go.Bar(
        x=middles, y=counts, width=np.diff(edges),
        marker={"color": np.where(within, "#0072B2", "#9aa3ad").tolist()},
        hovertemplate="error %{x:.4f}: %{y} of them<extra></extra>",
    )  # fmt: skip
    figure = go.Figure(bars, {"height": 220, "margin": {"l": 0, "r": 0, "t": 8, "b": 0}})
    figure.update_xaxes(title="mean squared error of each")
    return figure.update_yaxes(title="how many")


@st.fragment  # another sheet draws this part alone anew
def sheets(run: Run, found: Findings, asked: dict[str, Any]) -> None:
    """The images themselves, above what the model makes of each; so many at a time.

    asked: what `ui.sheets` reads, but for the number of the sheet.
    """
    count = len(rows_of(run, found.arrays["mse"], asked))
    st.markdown(f"**{count_of(count, noun(run.spec))}** of {found.scope['n']:,}")
    if not count:
        st.info("None has all of this; widen the span of errors, or choose another class.")
        return
    last = -(-count // SHEET)
    try:
        sheet = whole(linked("sheet", "1"), "sheet", 1, last)
    except InputError:
        sheet = 1
    turned = components.sheets_view(run, {**asked, "step": found.scope["step"]}, last, sheet)
    if turned:
        note_in_link("sheet", str(turned) if turned > 1 else "")
    st.caption(
        "Above the original, below its reconstruction; point at one for its number, class and "
        "error."
    )


def classes_table(run: Run, found: Findings) -> None:
    """The errors of each class, the hardest first."""
    rows: Any = found.tables["classes"]
    st.table(
        {
            "Class": [plain(str(row["class"])) for row in rows],
            f"{noun(run.spec).capitalize()}s": [f"{row['images']:,}" for row in rows],
            "MSE, 95 %": [
                f"{row['mse']:.4f} ± {(row['mse_high'] - row['mse_low']) / 2:.4f}" for row in rows
            ],
            "Median": [f"{row['median mse']:.4f}" for row in rows],
            "Worst": [f"{row['worst mse']:.4f}" for row in rows],
            **({"PSNR": [f"{row['psnr']:.1f} dB" for row in rows]} if is_image(run.spec) else {}),
        },
        hide_index=True,
    )


def pixels_view(run: Run, found: Findings) -> None:
    """Where in the image the errors are; of what is no image, in which of its numbers."""
    errors = found.arrays["pixels"]
    data = run_data(run)
    if data.kind != "image":
        each = torch.from_numpy(errors).flatten()
        if data.kind != "series":
            each = torch.stack([each[a:b].sum() for a, b in places(data.columns)])
        what = numbers_word(run.spec)
        alt = f"Mean squared error of each of the {what}"
        components.chart(by_number(data, each.tolist(), "squared error"), "browse-pixels", alt)
        st.caption(f"{alt}, in standard deviations squared; long is far off.")
        return
    figure = heat(errors, "squared error")
    components.chart(figure, "browse-pixels", "Mean squared error of each pixel")
    st.caption("Mean squared error of each pixel over these images; bright is far off.")
