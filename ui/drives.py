"""What drives a number of the code: its strip, its extremes, its pixels and its classes."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import streamlit as st
import torch
from torch import Tensor

from aecore.datasets import ImageData
from aecore.latent.axes import EDGE, Axes, traversal
from aecore.latent.codes import pictures
from aecore.latent.drives import (
    Quantised,
    column_importance,
    eta_squared,
    extremes,
    gradient_map,
    within_classes,
)
from aecore.maps.samples import MOST_HELD_OUT
from aecore.runs import Run
from aecore.runs.inference import LoadedModel
from aecore.samples import NOUNS, Kind
from ui.components import chart
from ui.decoding import known_axes
from ui.figures import bars_of_classes, by_number, heat, strip
from ui.image import image
from ui.linked import choice
from ui.resources import of_samples, run_data, run_model
from ui.words import count_of, numbers_word

STEPS = 9
SHOWN = 8
"""Images of either extreme."""
LOOKED_INTO = 256
"""Test images whose gradients are averaged."""
BY_COLUMN: tuple[Kind, ...] = ("table", "points")
UNITS = {"kl": "KL {:.2g} nats", "variance": "variance {:.2g}"}


class Drives(NamedTuple):
    """What is shown of a number that comes from all test images.

    moved: (STEPS, C, H, W) uint8; slopes: (H, W), one a column where there are columns, or None
    where there is no gradient.
    """

    moved: Tensor
    slopes: Tensor | None


@st.fragment
def drives_view(run: Run) -> None:
    """A choice of one number of the code, and what it goes with in the test images."""
    loaded, data = run_model(run), run_data(run)
    axes = known_axes(run, loaded)
    if not bool(axes.codes.isfinite().all()):
        st.info(
            "The codes of this run are no finite numbers; look at one whose training went well."
        )
        return
    axis = _choose(axes)
    found = _drives(run, loaded, axis)
    _strip(data, axes, axis, found.moved)
    _extremes(axes.codes[:, axis], data)
    left, right = st.columns(2, gap="medium")
    with left:
        _inputs(run, data, found.slopes, min(LOOKED_INTO, len(axes.codes)))
    with right:
        _classes(axes.codes[:, axis], data)


def _choose(axes: Axes) -> int:
    """The place of a number in the code; the link says which, counted from 1."""
    order = axes.order.tolist()
    use = {
        axis: UNITS[axes.by].format(value)
        for axis, value in zip(order, axes.use.tolist(), strict=True)
    }
    titles = {str(axis + 1): f"z{axis + 1} · {use[axis]}" for axis in order}
    chosen = choice(
        "number",
        "Number of the code",
        titles,
        next(iter(titles)),
        "The numbers that are used most come first: by their KL from the prior where the model "
        "has a standard normal one, else by their variance over the test samples.",
    )
    return int(chosen) - 1


@of_samples
@lru_cache(maxsize=64)
def _drives(run: Run, loaded: LoadedModel, axis: int) -> Drives:
    axes = known_axes(run, loaded)
    codes = traversal(axes._replace(order=torch.tensor([axis])), axes.middle, 1, STEPS)[0]
    data = run_data(run)
    moved = pictures(loaded.model.decode, codes, data.pictures)
    samples = data.part("test", LOOKED_INTO)
    if data.kind in BY_COLUMN:
        return Drives(moved, column_importance(loaded.model, samples, axis, data.columns))
    return Drives(moved, gradient_map(loaded.model, samples, axis))


def _strip(data: ImageData, axes: Axes, axis: int, moved: Tensor) -> None:
    low, high = float(axes.low[axis]), float(axes.high[axis])
    share = f"{100 * (1 - 2 * EDGE):.0f} %"
    image(strip(moved, STEPS), f"The decoder along z{axis + 1}")
    st.caption(
        f"What the decoder makes of z{axis + 1} from {low:.2f} to {high:.2f}, between which lie "
        f"{share} of {_samples(data, len(axes.codes))}; all other numbers are at their average."
    )


def _extremes(values: Tensor, data: ImageData) -> None:
    found = extremes(values, SHOWN)
    columns = st.columns(2, gap="medium")
    for column, which, word in zip(columns, found, ("lowest", "highest"), strict=True):
        with column:
            shown = data.pictures(data.part("test", MOST_HELD_OUT)[which])
            image(strip(shown, SHOWN), f"The {_samples(data, len(which))} with the {word} value")
            first, last = float(values[which[0]]), float(values[which[-1]])
            st.caption(
                f"The {_samples(data, len(which))} with the {word} value, {first:.2f} to "
                f"{last:.2f}, of {len(values):,}"
            )


def _inputs(run: Run, data: ImageData, slopes: Tensor | None, count: int) -> None:
    """Where the number looks."""
    what, seen = numbers_word(run.spec), _samples(data, count)
    st.markdown(f"**Which {what} move it**")
    if slopes is None:
        st.info(f"This number has no gradient: it cannot be said which {what} move it.")
        return
    if not bool((slopes > 0).any()):
        st.info(f"No small change of any of the {what} moves it, in any of {seen}.")
        return
    book = isinstance(run_model(run).model, Quantised)
    before = ", before the number is replaced by an entry of the book" if book else ""
    alt = f"How much the number answers to each of the {what}"
    if data.kind == "image":
        chart(heat(slopes.numpy(), "mean |slope|"), "drives-pixels", alt)
        st.caption(
            "How much the number changes with a pixel that runs from 0 to 1: the absolute "
            f"gradient, averaged over the first {seen}, added up over channels{before} (Simonyan "
            "et al. 2014). A pixel that hardly ever changes in the data can be bright by chance, "
            "since training had no say in it."
        )
        return
    chart(by_number(data, slopes.flatten().tolist(), "mean |slope|"), "drives-pixels", alt)
    st.caption(
        f"{MOVES[data.kind]}: the absolute gradient, averaged over the first {seen}{before}."
    )


MOVES: dict[Kind, str] = {
    "table": "How much the number changes where a column grows by one standard deviation, or a "
    "category takes another of its values",
    "series": "How much the number changes with the value at each step, in standard deviations, "
    "added up over channels",
    "points": "How much the number changes where a coordinate grows by one standard deviation of "
    "all coordinates",
}


def _classes(values: Tensor, data: ImageData) -> None:
    """How far the classes tell the number."""
    labels = data.part_labels("test", MOST_HELD_OUT)
    present = len(labels.unique())
    st.markdown("**What it has to do with the classes**")
    if present < 2:
        st.info(f"These test {NOUNS[data.kind][1]} are all of one class.")
        return
    found = within_classes(values, labels, len(data.classes))
    bars = bars_of_classes(data.classes, found.means.tolist(), found.deviations.tolist())
    chart(bars, "drives-classes", "Mean and deviation of the number in each class")
    share, chance = eta_squared(values, labels), (present - 1) / (len(labels) - 1)
    st.caption(
        f"Mean of each class, and the standard deviation within it. {100 * share:.0f} % of the "
        f"number's variance over {_samples(data, len(labels))} lies between classes (eta squared "
        f"{share:.3f}; by chance {chance:.3f})."
    )


def _samples(data: ImageData, count: int) -> str:
    return count_of(count, f"test {NOUNS[data.kind][0]}")
