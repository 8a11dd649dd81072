"""What the views of the decoder share: model and codes, where to start, what to take away."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import streamlit as st
import torch
from numpy.typing import NDArray
from torch import Tensor

from aecore.datasets import ImageData
from aecore.errors import StoreError
from aecore.latent.axes import Axes
from aecore.latent.codes import pictures, tell
from aecore.maps.samples import MOST_HELD_OUT
from aecore.runs import Run
from aecore.runs.groups import read_groups
from aecore.runs.inference import LoadedModel
from ui import components, resources
from ui.decoding import known_axes, told_classes
from ui.grids import Grid, gif, png
from ui.linked import choice, whole_number
from ui.words import count_of, noun, plain

WIDTH = 720
"""Pixels that a line of controls takes at most; about as wide as the pictures below."""
COLUMNS = 9
"""Images of a path that are shown."""
FRAMES = 25
"""Images of the same path in a film."""


class Lab(NamedTuple):
    """What all views work on.

    selected: the test images that are selected in the maps, (m,) int64.
    """

    run: Run
    loaded: LoadedModel
    data: ImageData
    axes: Axes
    selected: NDArray[np.int64]

    @property
    def images(self) -> Tensor:
        """The test images that have codes here: (m, C, H, W) uint8."""
        return self.data.part("test", MOST_HELD_OUT)

    @property
    def found(self) -> int:
        """How many numbers of a code are the model's own; behind them stands a label, if any."""
        return len(self.axes.order)

    def decode(self, codes: Tensor) -> Tensor:
        """Codes (..., d) to images (..., C, H, W) uint8."""
        return pictures(self.loaded.model.decode, codes, self.data.pictures)

    def raw(self, codes: Tensor) -> Tensor:
        """Codes (n, d) to samples (n, C, H, W), on the scale of the data set's own."""
        with torch.inference_mode():
            return self.loaded.model.decode(codes).clone()

    def describe(self, image: int) -> str:
        """A test image in words."""
        label = int(self.data.part_labels("test", MOST_HELD_OUT)[image])
        return f"test {noun(self.run.spec)} {image} (class {plain(self.data.classes[label])})"


def lab_of(run: Run, selected: NDArray[np.int64]) -> Lab:
    """What the views of a run work on. Raises InputError where its model has no code."""
    loaded = resources.run_model(run)
    return Lab(run, loaded, resources.run_data(run), known_axes(run, loaded), selected)


def choose_start(lab: Lab) -> tuple[Tensor, str]:
    """The code that is changed, (d,), and what it is in words."""
    titles = {"average": "The average code", "image": f"A test {noun(lab.run.spec)}"}
    one = len(lab.selected) == 1
    if one:
        titles["selected"] = f"The selected {noun(lab.run.spec)}"
    start = choice("lab_start", "Start from", titles, "selected" if one else "average",
                   "The code that is changed here. Select one sample in a map to start from "
                   "it.")  # fmt: skip
    if start == "average":
        return lab.axes.middle, "the average code"
    image = int(lab.selected[0]) if start == "selected" else choose_image(lab, "lab_image", 0)
    return lab.axes.codes[image], f"the code of {lab.describe(image)}"


def choose_image(lab: Lab, name: str, default: int, label: str = "") -> int:
    """A test sample by its number; label: what is asked for, before what one is called."""
    last = len(lab.axes.codes) - 1
    what = f"{label} test {noun(lab.run.spec)}".strip().capitalize()
    return whole_number(name, what, (0, last), default,
                        f"Its number in the test split, 0 to {last:,}; maps and tables name "
                        "it.")  # fmt: skip


def told(lab: Lab, codes: Tensor) -> Tensor:
    """Codes (..., d), with another class where the model is told one and somebody chose it."""
    classes = told_classes(lab.run, lab.loaded)
    if not classes:
        return codes
    titles = {"": "As it is", **{str(label): name for label, name in enumerate(classes)}}
    label = choice("lab_class", "Told class", titles, "",
                   "This model is told the class beside the code; tell it another.")  # fmt: skip
    return tell(codes, int(label), lab.loaded.model.label_size) if label else codes


class Group(NamedTuple):
    """Some of the test images, (n,) int64; title: in a list; said: in a sentence."""

    title: str
    said: str
    rows: NDArray[np.int64]


def groups_of(lab: Lab) -> dict[str, Group]:
    """Every group that can be chosen, by its name in links: classes, the selection, named ones."""
    labels = lab.data.part_labels("test", MOST_HELD_OUT).numpy()
    groups = {
        f"class-{label}": Group(
            f"Class {name}", f"class {plain(name)}", np.flatnonzero(labels == label)
        )
        for label, name in enumerate(lab.data.classes)
    }
    if len(lab.selected):
        groups["selected"] = Group("The selection", "the selection", lab.selected)
    try:
        named = read_groups(lab.run)
    except StoreError as error:
        st.caption(plain(str(error)))
        named = {}
    for name, rows in named.items():
        groups[f"named-{name}"] = Group(name, plain(name), rows[rows < len(labels)])
    return {key: group for key, group in groups.items() if len(group.rows)}


def choose_group(lab: Lab, groups: dict[str, Group], name: str, label: str, place: int) -> Group:
    """One of the groups; `place` says which is chosen at first."""
    what = noun(lab.run.spec)
    titles = {key: f"{g.title} ({count_of(len(g.rows), what)})" for key, g in groups.items()}
    default = list(groups)[min(place, len(groups) - 1)]
    return groups[
        choice(name, label, titles, default,
               "A class, what is selected in the maps, or a selection that was saved under a "
               "name.")
    ]  # fmt: skip


def show(lab: Lab, view: str, grid: Grid, film: Callable[[], Tensor], columns: int) -> None:
    """Pictures, and the same to take away.

    film: gives the frames (frames, n, C, H, W) uint8 when somebody asks for them; columns: in
    which their n images stand.
    """
    components.pictures(f"{lab.run.id}-{view}", grid)
    with st.container(horizontal=True):
        name = f"{lab.run.id}-{view}"
        st.download_button(
            "Download as PNG", lambda: png(grid), f"{name}.png", "image/png",
            key=f"lab:{view}:png", on_click="ignore", help="These pictures with their names.",
        )  # fmt: skip
        st.download_button(
            "Download as GIF", lambda: gif(film(), columns), f"{name}.gif", "image/gif",
            key=f"lab:{view}:gif", on_click="ignore",
            help="The same as a film that runs there and back.",
        )  # fmt: skip
