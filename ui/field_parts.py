"""The page on restoring, for points: what a run makes of noisy ones, and where it moves what."""

from __future__ import annotations

from functools import partial

import streamlit as st
import torch
from torch import Tensor

from aecore.corruptions import corruptions
from aecore.datasets.scaling import in_units
from aecore.latent.field import best_linear, field
from aecore.runs import Run
from aecore.runs.inference import reconstruct
from ui.components import chart
from ui.field_figures import Points, arrows, moved_points, shortening
from ui.points import names
from ui.reconstruct_parts import choose_count, choose_damage, noise_seed
from ui.resources import run_data, run_model

SHOWN = 400
"""Points that are drawn; figures are measured on as many as were asked for."""


def field_view(run: Run) -> None:
    """Noisy test points and what becomes of them; in the plane, the field of r(y) - y beside."""
    line = st.grid(4, min_column_width=150)
    _, level = choose_damage(run, line, ["gaussian"], "gaussian")
    with line.cell():
        seed = noise_seed()
    with line.cell():
        count = choose_count(run)
    clean = run_data(run).part("test", count)
    if clean.shape[3] not in (2, 3):
        st.info("These points have too many coordinates to be drawn, or too few: 2 or 3 can be.")
        return
    kind = corruptions["gaussian"]
    damage = kind(kind.Config.parse({"level": level})).on("points")
    noisy, restored = reconstruct(run_model(run).model, clean, damage, seed)
    linear = best_linear(run_data(run).part("train"), level)
    grid = st.grid(2, min_column_width=390, gap="medium")
    with grid.cell():
        _moved(run, clean, noisy, restored, linear(noisy), seed)
    with grid.cell():
        _arrows(run, clean)


def _moved(
    run: Run, clean: Tensor, noisy: Tensor, restored: Tensor, linear: Tensor, seed: int
) -> None:
    st.subheader(
        "Noisy and restored",
        help="Normal noise moves each test point; the run is given the noisy points alone and "
        "says where they belong.",
    )
    drawn = [_rows(run, points[:SHOWN]) for points in (clean, noisy, restored)]
    axes = names(run.spec.make_source())["axes"]
    figure = moved_points(drawn[0], drawn[1], drawn[2], axes)
    chart(figure, "denoise-points", "Test points, with noise, and as the run restores them")
    before, after, simple = (
        float((points - clean).square().mean()) for points in (noisy, restored, linear)
    )
    st.markdown(_verdict(before, after, simple))
    st.caption(
        f"Mean squared error per coordinate over {len(clean):,} test points, on the scale on which "
        f"the training points have standard deviation 1: noisy {before:.4f}, restored {after:.4f}, "
        f"by the best linear map (Wiener, told the noise level) {simple:.4f}; "
        f"model of step {run_model(run).step}, noise seed {seed}. "
        f"Drawn are the first {len(drawn[0])}."
    )


def _verdict(before: float, after: float, simple: float) -> str:
    if after >= before:
        return "The run moves these noisy points farther from the clean ones than the noise did."
    if after >= simple:
        return "The run takes noise away, but the best linear map takes away more."
    return "The run takes more noise away than the best linear map."


def _arrows(run: Run, clean: Tensor) -> None:
    st.subheader(
        "Where the run moves what",
        help="From every place y of a grid an arrow leads to r(y), the run's reconstruction of it. "
        "For a denoiser, r(y) − y is about σ² times the gradient of the logarithm of the density "
        "of the noisy data (Alain and Bengio 2014): arrows lead to where data are.",
    )
    if clean.shape[3] != 2:
        st.info("Arrows are drawn for points in the plane.")
        return
    model = run_model(run).model
    with torch.inference_mode():
        found = field(model, clean)
        ends = _rows(run, found.places + found.moves)
    places = _rows(run, found.places)
    moves, axes = ends - places, names(run.spec.make_source())["axes"]
    share = shortening(places, moves)
    figure = arrows(_rows(run, clean[:SHOWN]), places, share * moves, axes)
    chart(figure, "denoise-arrows", "Arrows from places of a grid to their reconstructions")
    st.caption(
        f"{len(places)} arrows from y towards r(y), drawn at {share:.0%} of their length, over "
        f"the clean test points; model of step {run_model(run).step}. They do not depend on the "
        "noise above."
    )


def _rows(run: Run, points: Tensor) -> Points:
    """Points (n, 1, 1, d) in units of their source, as (n, d)."""
    units = partial(in_units, columns=run_data(run).columns)
    rows: Points = units(points).flatten(1).numpy()
    return rows
