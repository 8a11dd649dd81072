"""Bytes against quality: a Plotly figure of the table of a compression report."""

from __future__ import annotations

from collections.abc import Mapping
from math import log10
from typing import Any

from ui.compress_words import MEASURES, SIZES, Rows, of_method

LOOKS = {
    "model": ("#D55E00", "solid", "circle"),
    "pca": ("#0072B2", "dash", "square"),
    "pca_wide": ("#56B4E9", "dashdot", "diamond"),
    "jpeg": ("#009E73", "dot", "triangle-up"),
    "webp": ("#CC79A7", "longdash", "x"),
}
"""Colour, dash and marker of each method, so that colour is not the only sign."""


def rate_figure(rows: Rows, names: Mapping[str, str], measure: str, size: str) -> Any:
    """Quality over bytes an image, a line for each method; measure: psnr or ssim."""
    import plotly.graph_objects as go  # slow to import

    figure = go.Figure()
    for method, (colour, dash, symbol) in LOOKS.items():
        points = [row for row in of_method(rows, method) if _drawable(row, measure, size)]
        if points:
            figure.add_trace(
                go.Scatter(
                    x=[row[f"bytes_{size}"] for row in points],
                    y=[row[measure] for row in points],
                    customdata=[row["setting"] for row in points],
                    name=names[method],
                    mode="lines+markers",
                    line={"color": colour, "dash": dash, "width": 3 if method == "model" else 1.6},
                    marker={"symbol": symbol, "size": 9},
                    error_y=_whiskers(points, measure),
                    hovertemplate="%{customdata}: %{x:.4g} bytes, %{y:.4g}<extra></extra>",
                )
            )
    for row in of_method(rows, "png"):
        if row[f"bytes_{size}"] > 0:
            _add_png(figure, row[f"bytes_{size}"])
    figure.update_xaxes(title=f"Bytes an image ({SIZES[size].lower()})", type="log", dtick="D2")
    figure.update_yaxes(title=f"{MEASURES[measure]}{' (dB)' if measure == 'psnr' else ''}")
    return figure.update_layout(
        height=420,
        margin={"l": 0, "r": 0, "t": 24, "b": 0},
        legend={"orientation": "h", "y": -0.2},
    )


def _add_png(figure: Any, bytes_: float) -> None:
    """A line at the size of an exact copy, which has no PSNR."""
    figure.add_vline(bytes_, line_dash="dot", line_color="#7A7A7A")
    # Unlike a line, a note on a logarithmic axis stands at the logarithm.
    figure.add_annotation(x=log10(bytes_), y=1, yref="paper", text="PNG, an exact copy ",
                          xanchor="right", showarrow=False)  # fmt: skip


def _drawable(row: Mapping[str, Any], measure: str, size: str) -> bool:
    """Whether a logarithm and a quality exist."""
    return row[measure] is not None and row[f"bytes_{size}"] > 0


def _whiskers(points: Rows, measure: str) -> dict[str, Any]:
    return {
        "array": [row[f"{measure}_high"] - row[measure] for row in points],
        "arrayminus": [row[measure] - row[f"{measure}_low"] for row in points],
        "thickness": 1,
        "width": 2,
    }
