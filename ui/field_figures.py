"""Points that a model moves, as Plotly figures: pure functions, no Streamlit."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.float32]
"""(n, coordinates)."""
TALL = 460
HEAD, TURN = 0.28, 0.45
"""Length of an arrow's head as a share of the arrow, and how far its sides turn off, in radians."""
LONGEST = 1.6
"""Of nearly all arrows, in steps of the grid."""
CLEAN, NOISY, RESTORED = "#8C8C8C", "#E69F00", "#0072B2"


def moved_points(clean: Points, noisy: Points, restored: Points, axes: Sequence[str]) -> Any:
    """Points before and after a model has moved them, in the plane or in space."""
    return _figure(
        [
            _marks(clean, "clean", CLEAN, 0.45),
            _lines([noisy, restored], "moved", "rgba(128, 128, 128, 0.4)"),
            _marks(noisy, "noisy", NOISY, 0.8),
            _marks(restored, "restored", RESTORED, 0.8),
        ],
        axes,
    )


def shortening(places: Points, moves: Points) -> float:
    """The share of their length at which arrows on a grid stay clear of each other, at most 1."""
    apart = min(float(np.diff(np.unique(values)).max()) for values in places.T)
    long = float(np.quantile(np.linalg.norm(moves, axis=1), 0.9))
    return min(1.0, LONGEST * apart / long) if long > 0 else 1.0


def arrows(points: Points, places: Points, moves: Points, axes: Sequence[str]) -> Any:
    """An arrow from each place (a grid in the plane) along its move, over points of the data."""
    ends = places + moves
    sides: list[Points] = [
        (ends - HEAD * moves @ _rotation(turn)).astype(np.float32) for turn in (TURN, -TURN)
    ]
    return _figure(
        [
            _marks(points, "clean", CLEAN, 0.6),
            _lines([places, ends, sides[0], ends, sides[1]], "moves", RESTORED),
        ],
        axes,
    )


def _rotation(angle: float) -> NDArray[np.float32]:
    cosine, sine = np.cos(angle), np.sin(angle)
    return np.array([[cosine, sine], [-sine, cosine]], np.float32)


def _marks(points: Points, name: str, colour: str, opacity: float) -> Any:
    space = points.shape[1] > 2
    marker = {"size": 2.5 if space else 5, "color": colour, "opacity": opacity}
    return _trace(points, mode="markers", name=name, marker=marker)


def _lines(stops: Sequence[Points], name: str, colour: str) -> Any:
    """For each row a line through its stops."""
    gap = np.full_like(stops[0], np.nan)
    rows = np.stack([*stops, gap], 1).reshape(-1, stops[0].shape[1])
    return _trace(rows, mode="lines", name=name, line={"color": colour, "width": 1.2},
                  showlegend=name != "moved")  # fmt: skip


def _trace(rows: Points, **rest: Any) -> Any:
    import plotly.graph_objects as go  # slow to import

    kind = go.Scatter3d if rows.shape[1] > 2 else go.Scatter
    named = dict(zip("xyz", rows.T.tolist(), strict=False))
    return kind(**named, hoverinfo="skip", **rest)


def _figure(traces: list[Any], axes: Sequence[str]) -> Any:
    import plotly.graph_objects as go

    layout: dict[str, Any] = {"height": TALL, "margin": {"l": 0, "r": 0, "t": 8, "b": 8}}
    layout["legend"] = {"orientation": "h", "y": 1.02, "yanchor": "bottom"}
    if len(axes) > 2:
        titles = {f"{axis}axis": {"title": name} for axis, name in zip("xyz", axes, strict=False)}
        layout["scene"] = {**titles, "aspectmode": "data"}
        return go.Figure(traces, layout)
    layout |= {"xaxis": {"title": axes[0]}, "yaxis": {"title": axes[1], "scaleanchor": "x"}}
    return go.Figure(traces, layout)
