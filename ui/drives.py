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
    eta_squared,
    extremes,
    gradient_map,
    within_classes,
)
from aecore.maps.samples import MOST_HELD_OUT
from aecore.runs import Run
from aecore.runs.inference import LoadedModel
from ui.components import chart
from ui.decoding import known_axes
from ui.figures import bars_of_classes, heat, strip
from ui.linked import choice
from ui.resources import run_data, run_model
from ui.words import count_of

STEPS = 9
SHOWN = 8
"""Images of either extreme."""
LOOKED_INTO = 256
"""Test images whose gradients are averaged."""
UNITS = {"kl": "KL {:.2g} nats", "variance": "variance {:.2g}"}


class Drives(NamedTuple):
    """What is shown of a number that comes from all test images.

    moved: (STEPS, C, H, W) uint8; slopes: (H, W), or None where there is no gradient.
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
    _strip(axes, axis, found.moved)
    _extremes(axes.codes[:, axis], data)
    left, right = st.columns(2, gap="medium")
    with left:
        _pixels(loaded, found.slopes, min(LOOKED_INTO, len(axes.codes)))
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
        "has a standard normal one, else by their variance over the test images.",
    )
    return int(chosen) - 1


@lru_cache(maxsize=64)
def _drives(run: Run, loaded: LoadedModel, axis: int) -> Drives:
    axes = known_axes(run, loaded)
    codes = traversal(axes._replace(order=torch.tensor([axis])), axes.middle, 1, STEPS)[0]
    images = run_data(run).part("test", LOOKED_INTO)
    return Drives(pictures(loaded.model.decode, codes), gradient_map(loaded.model, images, axis))


def _strip(axes: Axes, axis: int, moved: Tensor) -> None:
    low, high = float(axes.low[axis]), float(axes.high[axis])
    share = f"{100 * (1 - 2 * EDGE):.0f} %"
    st.image(strip(moved, STEPS))
    st.caption(
        f"What the decoder makes of z{axis + 1} from {low:.2f} to {high:.2f}, between which lie "
        f"{share} of {_images(len(axes.codes))}; all other numbers are at their average."
    )


def _extremes(values: Tensor, data: ImageData) -> None:
    found = extremes(values, SHOWN)
    columns = st.columns(2, gap="medium")
    for column, which, word in zip(columns, found, ("lowest", "highest"), strict=True):
        with column:
            st.image(strip(data.part("test", MOST_HELD_OUT)[which], SHOWN))
            first, last = float(values[which[0]]), float(values[which[-1]])
            st.caption(
                f"The {_images(len(which))} with the {word} value, {first:.2f} to {last:.2f}, of "
                f"{len(values):,}"
            )


def _pixels(loaded: LoadedModel, slopes: Tensor | None, count: int) -> None:
    """Where the number looks."""
    st.markdown("**Which pixels move it**")
    if slopes is None:
        st.info("This number has no gradient: it cannot be said which pixels move it.")
        return
    if not bool((slopes > 0).any()):
        st.info(f"No small change of any pixel moves it, in any of {_images(count)}.")
        return
    figure = heat(slopes.numpy(), "mean |slope|")
    chart(figure, "drives-pixels", "How much the number answers to each pixel")
    book = isinstance(loaded.model, Quantised)
    before = ", before the number is replaced by an entry of the book" if book else ""
    st.caption(
        "How much the number changes with a pixel that runs from 0 to 1: the absolute gradient, "
        f"averaged over the first {_images(count)}, added up over channels{before} (Simonyan et "
        "al. 2014). A pixel that hardly ever changes in the data can be bright by chance, since "
        "training had no say in it."
    )


def _classes(values: Tensor, data: ImageData) -> None:
    """How far the classes tell the number."""
    labels = data.part_labels("test", MOST_HELD_OUT)
    present = len(labels.unique())
    st.markdown("**What it has to do with the classes**")
    if present < 2:
        st.info("These test images are all of one class.")
        return
    found = within_classes(values, labels, len(data.classes))
    bars = bars_of_classes(data.classes, found.means.tolist(), found.deviations.tolist())
    chart(bars, "drives-classes", "Mean and deviation of the number in each class")
    share, chance = eta_squared(values, labels), (present - 1) / (len(labels) - 1)
    st.caption(
        f"Mean of each class, and the standard deviation within it. {100 * share:.0f} % of the "
        f"number's variance over {_images(len(labels))} lies between classes (eta squared "
        f"{share:.3f}; by chance {chance:.3f})."
    )


def _images(count: int) -> str:
    return count_of(count, "test image")
