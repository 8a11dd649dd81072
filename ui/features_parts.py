"""The parts of the Features page: units with their images, their table, the Jacobian's spectrum."""

from __future__ import annotations

from typing import Any

import numpy as np
import streamlit as st
import torch
from numpy.typing import NDArray

from aecore.reports import Findings
from aecore.runs import Run
from ui import components
from ui.grids import Grid, png
from ui.linked import choice
from ui.resources import run_data
from ui.words import count_of, noun

SORTS = {
    "deviation": "Those that vary most",
    "active": "Those most often at work",
    "rare": "Those least often at work",
    "number": "As they are numbered",
}
COUNTS = {"12": "12", "48": "48", "200": "200"}
LEGEND = {"orientation": "h", "y": 1.1, "x": 0}
Array = NDArray[Any]


def choose_sort() -> str:
    """Which units come first; the link says so."""
    return choice(
        "sort", "Which units", SORTS, "deviation",
        "A unit is at work where it is not exactly 0; in most codes all are, always.",
    )  # fmt: skip


def choose_count() -> int:
    """How many units are shown; the link says so."""
    return int(choice("shown_units", "How many", COUNTS, "12", "How many units are shown below."))


def chosen(found: Findings, sort: str, count: int) -> list[int]:
    """The units to show, in their order."""
    rows = found.tables["units"]
    if sort == "number":
        return list(range(min(count, len(rows))))
    column = "deviation" if sort == "deviation" else "active"
    values = np.array([row[column] for row in rows], np.float64)
    order = np.argsort(values if sort == "rare" else -values, kind="stable")
    return [int(unit) for unit in order[:count]]


def dead_line(run: Run, found: Findings) -> str:
    """How many units are of no use, in one sentence."""
    dead, size = found.scope["dead"], len(found.tables["units"])
    images = count_of(found.scope["n"], f"test {noun(run.spec)}")
    if not dead:
        return f"None of the {size} units is dead: each is other than 0 for some of {images}."
    return (
        f"**{dead} of {size} units are dead**: exactly 0 for each of {images}, so that no "
        "reconstruction of them makes use of these."
    )


def units_view(run: Run, found: Findings, units: list[int]) -> None:
    """A row a unit: what it draws, and the test images that have the most of it."""
    grid = _grid(run, found, units)
    components.pictures(f"{run.id}-features", grid)
    st.download_button(
        "Download as PNG", lambda: png(grid), f"{run.id}-features.png", "image/png",
        on_click="ignore", help="These pictures with their names.",
    )  # fmt: skip


def _grid(run: Run, found: Findings, units: list[int]) -> Grid:
    data = run_data(run)
    images, labels = data.part("test"), data.part_labels("test")
    rows = torch.from_numpy(found.arrays["strongest"])[units]
    drawn = torch.from_numpy(found.arrays["drawn"])[units]
    shown = data.pictures(images[rows.flatten()]).unflatten(0, rows.shape)
    cells = torch.cat([drawn[:, None], shown], 1)
    table = found.tables["units"]
    notes = []
    for unit, own in zip(units, rows.tolist(), strict=True):
        notes.append(f"what z{unit + 1} draws")
        notes += [f"{data.classes[int(labels[row])]}, test {noun(run.spec)} {row}" for row in own]
    names = [f"z{unit + 1} · at work {table[unit]['active']:.0%}" for unit in units]
    heads = ("draws", *(f"{place}." for place in range(1, rows.shape[1] + 1)))
    return Grid(cells.flatten(0, 1), 1 + rows.shape[1], tuple(names), tuple(notes), heads)


def spectrum_figure(spectrum: Array) -> Any:
    """Singular values (m, r) of Jacobians: their median over images, and where 80 % lie."""
    import plotly.graph_objects as go

    low, middle, high = np.percentile(spectrum, [10, 50, 90], axis=0)
    at = list(range(1, spectrum.shape[1] + 1))
    band = go.Scatter(
        x=at + at[::-1], y=[*high, *low[::-1]], fill="toself", mode="lines", line={"width": 0},
        fillcolor="rgba(0, 114, 178, 0.25)", name="80 % of them", hoverinfo="skip",
    )  # fmt: skip
    line = go.Scatter(
        x=at, y=middle, line={"color": "#0072B2"}, mode="lines+markers", name="median",
        hovertemplate="direction %{x}: %{y:.3g}<extra></extra>",
    )  # fmt: skip
    layout = {"height": 300, "margin": {"l": 0, "r": 0, "t": 8, "b": 0}, "legend": LEGEND}
    figure = go.Figure([band, line], layout)
    figure.update_xaxes(title="direction, the strongest first")
    return figure.update_yaxes(title="singular value", rangemode="tozero")


def spectrum_view(run: Run, found: Findings) -> None:
    """In how many directions the code answers to a change of the image."""
    scope = found.scope
    seen = count_of(scope["jacobians"], f"test {noun(run.spec)}")
    figure = spectrum_figure(found.arrays["spectrum"])
    components.chart(figure, "features-spectrum", "Singular values of the encoder's Jacobian")
    st.caption(
        f"Singular values of the encoder's Jacobian at {seen}"
        f": how far the code moves when the {noun(run.spec)} moves a little. Effective number of "
        f"directions {scope['effective_rank']:.1f} of {found.arrays['spectrum'].shape[1]} on "
        "average (participation ratio of the squared values). A contractive autoencoder keeps few "
        "of them (Rifai et al. 2011, figure 3)."
    )
