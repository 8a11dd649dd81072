"""What a sweep over the code size found: who wins where in words, the table, the curve."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any

Row = Mapping[str, Any]
Rows = Sequence[Row]
LOOKS = {
    "mse": ("#D55E00", "solid", "circle"),
    "pca_mse": ("#0072B2", "dash", "square"),
}
"""Colour (of Okabe and Ito), dash and marker of runs and PCA, by the column of their error."""


def verdict(rows: Rows, title: str) -> str:
    """Who has the smaller error at which sizes, in one sentence; title: of the variant."""
    known = [row for row in rows if row["mse"] is not None]
    told = [_part(winner, list(group), title) for winner, group in groupby(known, key=_winner)]
    sentence = "; ".join(told)
    return f"{sentence[:1].upper()}{sentence[1:]}."


def _winner(row: Row) -> str:
    """Whose error is smaller; nobody's where the interval of the difference holds 0."""
    if row["less_low"] > 0:
        return "run"
    return "pca" if row["less_high"] < 0 else ""


def _part(winner: str, rows: Rows, title: str) -> str:
    at = f"with codes of {_listed([str(row['size']) for row in rows])} numbers"
    if not winner:
        return f"{at} no difference between PCA and {title} can be told"
    loser = "pca_mse" if winner == "run" else "mse"
    shares = [f"{100 * abs(row['less']) / row[loser]:.0f}\u00a0%" for row in rows]
    who = f"**{title}**" if winner == "run" else "**PCA**"
    return f"{at} {who} is better: its squared error is {_listed(shares)} smaller"


def _listed(words: Sequence[str]) -> str:
    """Such as "2, 4 and 8"."""
    return " and ".join(filter(None, (", ".join(words[:-1]), words[-1])))


def sizes_table(rows: Rows, title: str) -> dict[str, list[str]]:
    """Columns by their titles, a code size a row."""
    return {
        "Code size": [str(row["size"]) for row in rows],
        f"MSE of {title}": [_with_limits(row, "mse") for row in rows],
        "MSE of PCA": [_with_limits(row, "pca_mse") for row in rows],
        "PCA's MSE less the run's": [_with_limits(row, "less", "+") for row in rows],
    }


def _with_limits(row: Row, name: str, sign: str = "") -> str:
    if row[name] is None:
        return "not trained"
    value, low, high = (f"{row[name + end]:{sign}.4f}" for end in ("", "_low", "_high"))
    return f"{value} ({low}\u00a0–\u00a0{high})" if not sign else f"{value} ({low} to {high})"


def size_figure(rows: Rows, title: str) -> Any:
    """Mean squared error over the code size, with 95 % intervals: a Plotly figure."""
    import plotly.graph_objects as go  # slow to import

    figure = go.Figure(layout={"height": 340, "margin": {"l": 0, "r": 0, "t": 28, "b": 0}})
    for (name, (colour, dash, symbol)), label in zip(LOOKS.items(), (title, "PCA"), strict=True):
        known = [row for row in rows if row[name] is not None]
        above = [row[f"{name}_high"] - row[name] for row in known]
        below = [row[name] - row[f"{name}_low"] for row in known]
        figure.add_scatter(
            x=[row["size"] for row in known], y=[row[name] for row in known], name=label,
            mode="lines+markers", line={"color": colour, "dash": dash},
            marker={"symbol": symbol, "size": 9},
            error_y={"array": above, "arrayminus": below, "thickness": 1},
            hovertemplate="%{x} numbers: MSE %{y:.4g}<extra>" + label + "</extra>",
        )  # fmt: skip
    sizes = [row["size"] for row in rows]
    figure.update_layout(legend={"orientation": "h", "y": 1.02, "yanchor": "bottom"})
    figure.update_xaxes(title="Numbers of the code", type="log", tickvals=sizes, ticktext=sizes)
    return figure.update_yaxes(
        title={"text": "Mean squared error", "standoff": 12}, rangemode="tozero"
    )
