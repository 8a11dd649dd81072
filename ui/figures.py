"""Data to pictures: pure functions, no Streamlit."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Any

import numpy as np
from torch import Tensor

from aecore.datasets import ImageData

Picture = np.ndarray[Any, np.dtype[np.uint8]]


def strip(images: Tensor, columns: int, cell: int = 56, gap: int = 4) -> Picture:
    """Images (n, C, H, W) uint8 in a grid, enlarged without smoothing: (height, width, 4).

    The gaps are transparent, so that the grid suits light and dark pages.
    """
    n, channels, height, width = images.shape
    zoom = max(1, round(cell / max(height, width)))
    rows = -(-n // columns)
    tall, wide = height * zoom + gap, width * zoom + gap
    canvas = np.zeros((rows * tall - gap, columns * wide - gap, 4), np.uint8)
    for index, image in enumerate(images.numpy()):
        top, left = (index // columns) * tall, (index % columns) * wide
        pixels = image.transpose(1, 2, 0).repeat(zoom, 0).repeat(zoom, 1)
        canvas[top : top + height * zoom, left : left + width * zoom, :3] = pixels
        canvas[top : top + height * zoom, left : left + width * zoom, 3] = 255
    return canvas


OUR_MARKUP = "<extra></extra>"
"""What our own figures have of the HTML that Plotly reads in all of its texts."""


def chart_text(values: Any) -> Any:
    """A figure as JSON values whose texts show as they are: names may come from strangers."""
    if isinstance(values, dict):
        return {name: chart_text(value) for name, value in values.items()}
    if isinstance(values, list):
        return [chart_text(value) for value in values]
    if not isinstance(values, str):
        return values
    return escape(values, quote=False).replace(escape(OUR_MARKUP), OUR_MARKUP)


def kl_bars(values: Sequence[float], most: int = 64) -> Any:
    """KL of each axis of a code in nats, the largest first as bars: a Plotly figure.

    most: how many axes are shown.
    """
    import plotly.graph_objects as go  # slow to import

    ordered = sorted(values, reverse=True)[:most]
    first = f" (the {most} largest of {len(values)})" if len(values) > most else ""
    figure = go.Figure(go.Bar(x=list(range(1, len(ordered) + 1)), y=ordered))
    return figure.update_layout(
        height=180,
        margin={"l": 0, "r": 0, "t": 8, "b": 0},
        xaxis_title=f"Axes of the code{first}",
        yaxis_title="KL (nats)",
    )


def heat(values: np.ndarray[Any, Any], title: str) -> Any:
    """Numbers (H, W), each 0 or more, as colours beside their scale: a Plotly figure.

    Cividis, which reads alike with every kind of colour blindness (Nuñez et al. 2018).
    """
    import plotly.graph_objects as go

    hover = "row %{y}, column %{x}: %{z:.3g}<extra></extra>"
    colours = go.Heatmap(
        z=values, zmin=0, colorscale="Cividis", hovertemplate=hover,
        colorbar={"title": title, "thickness": 12},
    )  # fmt: skip
    figure = go.Figure(colours, {"height": 280, "margin": {"l": 0, "r": 0, "t": 8, "b": 8}})
    figure.update_xaxes(visible=False, constrain="domain")
    return figure.update_yaxes(visible=False, autorange="reversed", scaleanchor="x")


def bars_of_classes(
    classes: Sequence[str], means: Sequence[float], deviations: Sequence[float]
) -> Any:
    """The mean of a number in each class, with its deviation as whiskers: a Plotly figure."""
    import plotly.graph_objects as go

    hover = "%{x}: %{y:.3g} ± %{error_y.array:.3g}<extra></extra>"
    bars = go.Bar(
        x=list(classes), y=means, hovertemplate=hover,
        error_y={"array": deviations, "color": "#888888", "thickness": 1.5},
    )  # fmt: skip
    figure = go.Figure(bars, {"height": 280, "margin": {"l": 0, "r": 0, "t": 8, "b": 8}})
    figure.update_xaxes(type="category")
    return figure.update_yaxes(title="value")


def by_number(data: ImageData, values: Sequence[float], title: str) -> Any:
    """A figure for each column of a table or coordinate as bars, the largest on top; for each
    step of a series as a line: a Plotly figure."""
    import plotly.graph_objects as go

    frame: Any = {"margin": {"l": 0, "r": 0, "t": 8, "b": 8}}
    if data.kind == "series":
        hover = "step %{x}: %{y:.3g}<extra></extra>"
        line = go.Scatter(y=values, mode="lines", hovertemplate=hover)
        figure = go.Figure(line, {**frame, "height": 280})
        figure.update_xaxes(title="step")
        return figure.update_yaxes(title=title, rangemode="tozero")
    pairs = zip(values, (column.name for column in data.columns), strict=True)
    chosen = sorted(pairs, key=lambda pair: -pair[0])[:MOST_BARS][::-1]
    hover = "%{y}: %{x:.3g}<extra></extra>"
    bars = go.Bar(
        x=[value for value, _ in chosen], y=[_short(name) for _, name in chosen],
        orientation="h", hovertemplate=hover,
    )  # fmt: skip
    figure = go.Figure(bars, {**frame, "height": 90 + 22 * len(chosen)})
    figure.update_yaxes(type="category")
    return figure.update_xaxes(title=title, rangemode="tozero")


MOST_BARS = 30
LONGEST_NAME = 30


def _short(name: str) -> str:
    return name if len(name) <= LONGEST_NAME else f"{name[: LONGEST_NAME - 1]}…"
