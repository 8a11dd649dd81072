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
from ui.asked import number
from ui.figures import by_number, heat
from ui.grids import Grid
from ui.linked import choice, whole_number
from ui.resources import run_data
from ui.selection import linked, note_in_link, set_widget, widget_value
from ui.words import count_of, is_image, noun, numbers_word, plain

COUNTS = {"500": "500", "2000": "2,000", "10000": "10,000", "100000": "All"}
ALL = "all"
SHEET, ACROSS = 100, 20
"""Images of a sheet, and how many of them in a line."""
BARS = 60
SPAN = "browse:span"
Rows = NDArray[np.int64]


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


def rows_to_show(
    run: Run, errors: NDArray[np.float64], span: tuple[float, float], asked: dict[str, Any],
    group: str,
) -> Rows:  # fmt: skip
    """The images of a class, a group and a span of errors, in the order that is asked for."""
    labels = run_data(run).part_labels("test", len(errors)).numpy()
    slack = 1e-9  # what the slider rounds away
    keep = (errors >= span[0] - slack) & (errors <= span[1] + slack)
    if int(asked["label"]) >= 0:
        keep &= labels == int(asked["label"])
    if group != ALL:
        own = read_groups(run).get(group, np.zeros(0, np.int64))
        keep &= np.isin(np.arange(len(errors)), own)
    rows = np.flatnonzero(keep)
    if asked["order"] == "first":
        return rows
    values = errors[rows] if asked["order"] == "best" else -errors[rows]
    return rows[np.argsort(values, kind="stable")]


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
def sheets(run: Run, found: Findings, rows: Rows) -> None:
    """The images themselves, above what the model makes of each; so many at a time."""
    pages = max(1, -(-len(rows) // SHEET))
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.markdown(
            f"**{count_of(len(rows), noun(run.spec))}** of {found.scope['n']:,}", width="stretch"
        )
        page = 1
        if pages > 1:
            help = f"{SHEET} of them at a time, in the order that is chosen above."
            page = whole_number("sheet", f"Sheet, of {pages}", (1, pages), 1, help)
    if not len(rows):
        st.info("None has all of this; widen the span of errors, or choose another class.")
        return
    start = SHEET * (page - 1)
    components.pictures(f"{run.id}-sheet", _sheet(run, found, rows[start : start + SHEET], start))
    st.caption(
        "Above the original, below its reconstruction; point at one for its number, class and "
        "error."
    )


def _sheet(run: Run, found: Findings, rows: Rows, start: int) -> Grid:
    data = run_data(run)
    places = data.splits["test"][rows]
    made = torch.from_numpy(found.arrays["outputs"][rows])
    pairs = torch.cat([data.pictures(data.images[places]), made], 2)
    errors = found.arrays["mse"]
    classes = [data.classes[label] for label in data.labels[places]]
    notes = [
        f"{name}, test {noun(run.spec)} {row}, error {errors[row]:.4f}"
        for name, row in zip(classes, rows, strict=True)
    ]
    names = [f"{start + at + 1:,}" for at in range(0, len(rows), ACROSS)]
    return Grid(pairs, ACROSS, tuple(names), tuple(notes))


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
