"""Figures of the page that finds anomalies: pure functions, no Streamlit."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from aecore.detection import Scores
from aecore.detection.judge import Confusion, PrecisionRecall, Roc, Truth
from ui.grids import Grid

NORMAL, ODD = "#0072B2", "#D55E00"
"""Blue and vermilion of Okabe and Ito."""
GREY = "#888888"
BINS = 50
POINTS = 400
"""Of a curve that are drawn; more cannot be told apart."""
COLUMNS = 10
MARGIN = {"l": 0, "r": 0, "t": 28, "b": 0}


def histogram(scores: Scores, odd: Truth, threshold: float, title: str, one: str = "image") -> Any:
    """How normal and odd samples score, each kind in percent, and the threshold: a Plotly figure.

    scores: (n,); odd: (n,); title: of the score; one: what a sample is called, here and below.
    """
    import plotly.graph_objects as go  # slow to import

    edges = np.histogram_bin_edges(scores, BINS)
    middles = (edges[1:] + edges[:-1]) / 2
    bars = []
    for name, which, colour, pattern in (("normal", ~odd, NORMAL, ""), ("odd", odd, ODD, "/")):
        counts = np.histogram(scores[which], edges)[0]
        bars.append(
            go.Bar(
                x=middles, y=100 * counts / counts.sum(), width=np.diff(edges),
                name=f"{name} ({counts.sum():,})", opacity=0.7, customdata=counts,
                marker={"color": colour, "pattern": {"shape": pattern}},
                hovertemplate=f"%{{customdata}} {one}s, %{{y:.1f}} %: around %{{x:.3g}}"
                "<extra></extra>",
            )
        )  # fmt: skip
    figure = go.Figure(bars, {"barmode": "overlay", "height": 300, "margin": MARGIN})
    figure.add_vline(
        threshold, line={"dash": "dash", "color": GREY, "width": 2}, annotation_text="threshold"
    )
    figure.update_layout(legend={"orientation": "h", "y": 1.02, "yanchor": "bottom"})
    figure.update_xaxes(title=title)
    return figure.update_yaxes(title="share of each kind (%)")


def roc_figure(curve: Roc, at: Confusion, one: str = "image") -> Any:
    """Odd samples found against false alarms, with the threshold's point: a Plotly figure."""
    point = _share(at.false_alarms, at.passed), _share(at.found, at.missed)
    line = _thinned(curve.false_alarms), _thinned(curve.found)
    figure = _curve(line, point, ([0, 1], [0, 1]))
    figure.update_xaxes(title=f"share of normal {one}s with a false alarm", range=[-0.02, 1.02])
    return figure.update_yaxes(title=f"share of odd {one}s found", range=[-0.02, 1.02])


def precision_figure(
    curve: PrecisionRecall, at: Confusion, prevalence: float, one: str = "image"
) -> Any:
    """Precision against odd samples found, with the threshold's point: a Plotly figure.

    prevalence: the precision that chance has.
    """
    point = _share(at.found, at.missed), _share(at.found, at.false_alarms)
    line = _thinned(curve.found), _thinned(curve.precision)
    figure = _curve(line, point, ([0, 1], [prevalence, prevalence]))
    figure.update_xaxes(title=f"share of odd {one}s found (recall)", range=[-0.02, 1.02])
    return figure.update_yaxes(title="share of alarms that are right (precision)",
                               range=[-0.02, 1.02])  # fmt: skip


def error_pictures(originals: Tensor, made: Tensor) -> Tensor:
    """Signed errors of images (n, C, H, W) uint8 as colours: (n, 3, H, W) uint8.

    White where equal, towards vermilion where the reconstruction is too bright and towards blue
    where it is too dark, averaged over channels; full colour at half the range.
    """
    error = (made.float() - originals.float()).mean(1, keepdim=True) / 255
    strength = (2 * error.abs()).clamp(0, 1)
    bright, dark = (
        torch.tensor([int(colour[i : i + 2], 16) for i in (1, 3, 5)]).view(1, 3, 1, 1)
        for colour in (ODD, NORMAL)
    )
    towards = torch.where(error > 0, bright, dark)
    return (255 + (towards - 255) * strength).round().to(torch.uint8)


def worst_grid(
    originals: Tensor, made: Tensor, notes: list[str], kinds: list[str], scores: list[str]
) -> Grid:
    """Originals above reconstructions above error maps, ten in a row.

    originals, made: (n, C, H, W) uint8; notes: what each image is; kinds stand below the
    originals, scores below the errors: n each.
    """
    blank = [""] * len(notes)
    parts = {
        "Original": (_colour(originals), kinds),
        "Reconstruction": (_colour(made), blank),
        "Error": (error_pictures(originals, made), scores),
    }
    width = min(COLUMNS, len(notes))
    lines, rows, said, below = [], [], [], []
    for start in range(0, len(notes), width):
        stretch = slice(start, start + width)
        for title, (images, captions) in parts.items():
            lacking = width - len(images[stretch])
            lines += [images[stretch], images.new_full((lacking, *images.shape[1:]), 255)]
            rows.append(title)
            said += [f"{title}: {note}" for note in notes[stretch]] + [""] * lacking
            below += captions[stretch] + [""] * lacking
    return Grid(torch.cat(lines), width, tuple(rows), tuple(said), captions=tuple(below))


def _colour(images: Tensor) -> Tensor:
    return images.expand(-1, 3, -1, -1)


def _share(part: int, rest: int) -> float | None:
    """None where there is nothing to have a share of."""
    return part / (part + rest) if part + rest else None


def _thinned(values: Scores) -> NDArray[np.float64]:
    rows = np.linspace(0, len(values) - 1, min(POINTS, len(values))).round().astype(int)
    return values[rows]


def _curve(
    line: tuple[Scores, Scores],
    point: tuple[float | None, float | None],
    chance: tuple[list[float], list[float]],
) -> Any:
    import plotly.graph_objects as go

    hover = "%{x:.3f}, %{y:.3f}<extra></extra>"
    mark = {"size": 12, "symbol": "x", "color": ODD}
    by_chance = {"dash": "dot", "color": GREY}
    figure = go.Figure(layout={"height": 300, "margin": MARGIN})
    figure.add_scatter(x=line[0], y=line[1], name="this score", mode="lines",
                       line={"color": NORMAL}, hovertemplate=hover)  # fmt: skip
    figure.add_scatter(x=chance[0], y=chance[1], name="by chance", mode="lines", line=by_chance)
    figure.add_scatter(x=[point[0]], y=[point[1]], name="threshold", mode="markers", marker=mark,
                       hovertemplate=hover)  # fmt: skip
    return figure.update_layout(legend={"orientation": "h", "y": 1.02, "yanchor": "bottom"})
