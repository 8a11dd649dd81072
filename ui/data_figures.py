"""Charts of data sets: pure functions, no Streamlit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from aecore.datasets import Split
from aecore.metrics.facts import ColumnFacts

COLOURS = ("#0072B2", "#E69F00", "#009E73")
"""Of Okabe and Ito, for the three splits and the three channels."""
CHANNELS = ("red", "green", "blue")
CHANNEL_COLOURS = ("#D55E00", "#009E73", "#0072B2")
OF_CLASSES = (
    "#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#F0E442", "#999999",
)  # fmt: skip
"""Of Okabe and Ito; more classes than these cannot be told apart in one chart."""
DASHES = ("solid", "dash", "dot", "dashdot")
LAYOUT: dict[str, Any] = {
    "height": 280,
    "margin": {"l": 0, "r": 0, "t": 8, "b": 8},
    "legend": {"orientation": "h", "y": 1.15},
}


def balance(classes: Sequence[str], counts: Mapping[Split, Sequence[int]]) -> Any:
    """Samples of each class in each split, beside each other."""
    import plotly.graph_objects as go  # slow to import

    places = list(range(len(classes)))
    bars = [
        go.Bar(x=places, y=list(values), name=split, marker={"color": colour},
               customdata=list(classes), hovertemplate="%{customdata}: %{y:,}<extra></extra>")
        for (split, values), colour in zip(counts.items(), COLOURS, strict=True)
    ]  # fmt: skip
    figure = go.Figure(bars, {**LAYOUT, "barmode": "group"})
    figure.update_yaxes(title="samples", rangemode="tozero")
    few = len(classes) <= 30
    return figure.update_xaxes(tickvals=places if few else None,
                               ticktext=list(classes) if few else None)  # fmt: skip


def pixel_lines(counts: NDArray[np.int64]) -> Any:
    """Shares (channels, bins) of pixels over brightness from 0 to 255."""
    import plotly.graph_objects as go

    step = 256 // counts.shape[1]
    middles = [at * step + step / 2 for at in range(counts.shape[1])]
    grey = len(counts) == 1
    lines = [
        go.Scatter(x=middles, y=(100 * row / row.sum()).tolist(), mode="lines",
                   line={"shape": "hvh", "color": COLOURS[0] if grey else CHANNEL_COLOURS[at]},
                   name="grey" if grey else CHANNELS[at])
        for at, row in enumerate(counts)
    ]  # fmt: skip
    figure = go.Figure(lines, {**LAYOUT, "showlegend": not grey})
    figure.update_yaxes(title="% of pixels, log", type="log")
    return figure.update_xaxes(title="brightness")


def class_lines(column: ColumnFacts, classes: Sequence[str]) -> Any:
    """What share of each class has which values of a column."""
    import plotly.graph_objects as go

    figure = go.Figure(layout={**LAYOUT, "barmode": "group"})
    edges = np.array(column.edges)
    for at, (name, counts) in enumerate(zip(classes, column.by_class, strict=True)):
        shares = (100 * np.array(counts) / max(1, sum(counts))).tolist()
        colour, told = OF_CLASSES[at], f"{name} ({sum(counts):,})"
        if column.values:
            figure.add_bar(x=list(range(len(shares))), y=shares, name=told,
                           marker={"color": colour})  # fmt: skip
        else:
            line = {"shape": "hvh", "color": colour, "dash": DASHES[at % len(DASHES)]}
            x = ((edges[:-1] + edges[1:]) / 2).tolist()
            figure.add_scatter(x=x, y=shares, name=told, mode="lines", line=line)
    figure.update_yaxes(title="% of the class", rangemode="tozero")
    if column.values:
        figure.update_xaxes(tickvals=list(range(len(column.values))), ticktext=list(column.values))
    return figure


def column_bars(column: ColumnFacts) -> Any:
    """How often a column has which values."""
    import plotly.graph_objects as go

    if column.values:
        x, width = list(range(len(column.values))), None
    else:
        edges = np.array(column.edges)
        x, width = ((edges[:-1] + edges[1:]) / 2).tolist(), np.diff(edges).tolist()
    bars = go.Bar(x=x, y=list(column.counts), width=width, marker={"color": COLOURS[0]})
    figure = go.Figure(bars, {**LAYOUT, "showlegend": False})
    figure.update_yaxes(title="samples")
    if column.values:
        figure.update_xaxes(tickvals=x, ticktext=list(column.values))
    return figure
