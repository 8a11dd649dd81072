"""Data to pictures: pure functions, no Streamlit."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from torch import Tensor

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
