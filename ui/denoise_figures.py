"""Figures of the page on restoring: pure functions, no Streamlit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from aecore.restoration import restorers
from ui.grids import Grid

STYLES = (
    ("#7A7A7A", "dot", "x"),
    ("#D55E00", "solid", "circle"),
    ("#0072B2", "dash", "square"),
    ("#009E73", "dashdot", "diamond"),
)
"""Colour (of Okabe and Ito), dash and symbol of each line, in the order of the methods."""
FIRST = {"clean": "Original", "input": "Damaged", "run": "This run", "error": "Error of this run"}
ERROR_TIMES = 2
"""How much brighter than they are errors are shown."""
Row = Mapping[str, Any]


def side_by_side(arrays: Mapping[str, NDArray[np.uint8]], rows: Sequence[Row]) -> Grid:
    """Test images in columns, and in rows what each method makes of them, its PSNR beside it.

    arrays: of the report `denoise`; rows: its table.
    """
    images = {name: torch.from_numpy(np.array(batch)) for name, batch in arrays.items()}
    images["error"] = _error(images["run"], images["clean"])
    titles = {**FIRST, **{name: restorers[name].title for name in restorers if name in images}}
    psnr = {row["method"]: row["psnr"] for row in rows}
    count = len(images["clean"])
    return Grid(
        torch.cat([images[name] for name in titles]),
        count,
        tuple(f"{title}, {psnr[name]:.1f} dB" if name in psnr else title
              for name, title in titles.items()),
        tuple(f"{title}: test image {i}" for title in titles.values() for i in range(count)),
        tuple(f"no. {i}" for i in range(count)),
    )  # fmt: skip


def _error(made: Tensor, clean: Tensor) -> Tensor:
    off = (made.int() - clean.int()).abs() * ERROR_TIMES
    return off.clamp_max(255).to(torch.uint8)


def level_curves(rows: Sequence[Row], label: str, trained_at: float | None) -> Any:
    """PSNR of each method over the level, with 95 % intervals: a Plotly figure.

    rows: of the report `levels`; label: what the level is; trained_at: the run's own, if of this
    corruption.
    """
    import plotly.graph_objects as go  # slow to import

    figure = go.Figure(layout={"height": 340, "margin": {"l": 0, "r": 0, "t": 28, "b": 0}})
    names = list(dict.fromkeys(row["method"] for row in rows))
    for name, (colour, dash, symbol) in zip(names, STYLES, strict=False):
        own = [row for row in rows if row["method"] == name]
        above = [row["psnr_high"] - row["psnr"] for row in own]
        below = [row["psnr"] - row["psnr_low"] for row in own]
        figure.add_scatter(
            x=[row["level"] for row in own], y=[row["psnr"] for row in own],
            name=own[0]["title"], mode="lines+markers",
            line={"color": colour, "dash": dash}, marker={"symbol": symbol, "size": 9},
            error_y={"array": above, "arrayminus": below, "thickness": 1},
            hovertemplate="%{y:.2f} dB at %{x:.3g}<extra>" + own[0]["title"] + "</extra>",
        )  # fmt: skip
    if trained_at is not None:
        figure.add_vline(trained_at, line={"dash": "dot", "color": "#888888", "width": 1},
                         annotation_text="trained at")  # fmt: skip
    figure.update_layout(legend={"orientation": "h", "y": 1.02, "yanchor": "bottom"})
    figure.update_xaxes(title=label)
    return figure.update_yaxes(title="PSNR (dB)")


def gain_matrix(rows: Sequence[Row], runs: Mapping[str, str], kinds: Mapping[str, str]) -> Any:
    """Mean gain in dB of each run (down) on each corruption (across): a Plotly figure.

    rows: of the report `robustness`; runs, kinds: what ids and names are called.
    """
    import plotly.graph_objects as go

    gain = {(row["run"], row["tested_on"]): row["gain"] for row in rows}
    values = [[gain[run, kind] for kind in kinds] for run in runs]
    most = max(1.0, float(np.abs(values).max()))
    colours = go.Heatmap(
        z=values, x=list(kinds.values()), y=list(runs.values()), colorscale="PuOr_r",
        zmin=-most, zmax=most, texttemplate="%{z:+.1f}", xgap=2, ygap=2,
        colorbar={"title": "gain (dB)", "thickness": 12},
        hovertemplate="%{y}<br>tested on %{x}: %{z:+.2f} dB<extra></extra>",
    )  # fmt: skip
    height = 210 + 34 * len(runs)
    figure = go.Figure(colours, {"height": height, "margin": {"l": 0, "r": 0, "t": 8, "b": 0}})
    figure.update_xaxes(title="tested on", tickangle=-40, type="category")
    return figure.update_yaxes(title="trained on", autorange="reversed", type="category")
