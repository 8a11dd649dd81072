"""Time series beside their reconstructions: data to Plotly figures, no Streamlit."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from aecore.samples import Column

MOST_SHOWN = 8
"""Channels, the furthest off first."""
BLUE, ORANGE = "#0072B2", "#D55E00"


def lines(x: Tensor, made: Tensor, known: Tensor, columns: Sequence[Column]) -> Any:
    """Each channel in its unit, the original in blue and the reconstruction in orange.

    Args:
        x, made: (channels, steps) on the common scale.
        known: the same shape, bool; what is not known leaves a gap in the original.
    """
    from plotly.subplots import make_subplots  # slow to import

    errors = ((x - made).square() * known).mean(1)
    shown = errors.argsort(descending=True)[:MOST_SHOWN].tolist()
    figure = make_subplots(len(shown), 1, shared_xaxes=True, vertical_spacing=0.04)
    true = torch.where(known, x, torch.nan)
    for row, place in enumerate(shown, 1):
        column = columns[place]
        for values, name, colour in (
            (true[place], "original", BLUE), (made[place], "reconstruction", ORANGE),
        ):  # fmt: skip
            y = (values * column.scale + column.mean).tolist()
            figure.add_scatter(
                y=[None if v != v else v for v in y], mode="lines", name=name, row=row, col=1,
                line={"color": colour}, showlegend=row == 1, legendgroup=name,
            )  # fmt: skip
        figure.update_yaxes(title=_plain(column.name), row=row, col=1)
    figure.update_xaxes(title="step", row=len(shown), col=1)
    return figure.update_layout(
        height=110 * len(shown) + 90, margin={"l": 0, "r": 0, "t": 30, "b": 0},
        legend={"orientation": "h", "y": 1.0, "yanchor": "bottom"},
    )  # fmt: skip


def _plain(name: str) -> str:
    """Plotly reads a little HTML in its titles."""
    return name.replace("&", "&amp;").replace("<", "&lt;")
