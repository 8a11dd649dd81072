"""The parts of the Latent space page: which maps, what is selected, how far maps can be trusted."""

from __future__ import annotations

import base64
import binascii
import zlib

import numpy as np
import plotly.graph_objects as go
import streamlit as st
import torch
from numpy.typing import NDArray
from torch import Tensor

from aecore.maps.samples import MOST_HELD_OUT
from aecore.reports.base import as_csv
from aecore.runs import Run
from aecore.samples import to_float
from ui import resources
from ui.components import chart
from ui.figures import strip
from ui.groups import groups_panel
from ui.image import image
from ui.known_columns import known_columns
from ui.linked import choice
from ui.words import is_image, noun, numbers_word

COLOURS = {
    "class": "Class",
    "error": "Reconstruction error",
    "trustworthiness": "Trustworthiness of each map",
    "continuity": "Continuity of each map",
    "density": "Density of each map",
    "brightness": "Brightness",
}
MOST_NUMBERS = 16
"""Numbers of the code that can be shown as colours."""
SHOWN, ACROSS = 24, 12
"""Selected images that are shown, and how many of them in a line; the table has all."""
LONGEST_IN_LINK = 4000
"""Characters; servers refuse links of twice that."""


def choose_colour(run: Run) -> str:
    """What colours mean; the link says so."""
    colours = dict(COLOURS)
    if not is_image(run.spec):
        del colours["brightness"]
    model = resources.run_model(run).model
    if model.has_code:
        numbers = min(MOST_NUMBERS, model.code_size - model.label_size)
        colours |= {f"z{at}": f"z{at}, a number of the code" for at in range(1, numbers + 1)}
    colours |= {name: column.said for name, column in known_columns(run).items()}
    return choice(
        "colour",
        "Colour by",
        colours,
        "class",
        "Classes were not told to the model, unless it is a conditional one. Trustworthiness "
        "and continuity show where a map lies: whether a point's neighbours on the map are its "
        f"neighbours by {numbers_word(run.spec)}, and the other way round.",
    )


def to_link(bits: str) -> str:
    """A selection as a link carries it; "" for none, and for one that is too large for a link."""
    if not bits:
        return ""
    packed = zlib.compress(base64.b64decode(bits), 9)
    text = base64.urlsafe_b64encode(packed).decode().rstrip("=")
    return text if len(text) <= LONGEST_IN_LINK else ""


def from_link(text: str, count: int) -> str:
    """The selection that `to_link` wrote, for so many images; "" where it cannot be read."""
    try:
        padded = text + "=" * (-len(text) % 4)
        unpacker = zlib.decompressobj()
        found = unpacker.decompress(base64.urlsafe_b64decode(padded), -(-count // 8))
    except (binascii.Error, zlib.error, ValueError):
        return ""
    return base64.b64encode(found).decode() if len(found) == -(-count // 8) else ""


def rows_of(bits: str, count: int) -> NDArray[np.int64]:
    """Which images are selected: (m,) int64."""
    if not bits:
        return np.zeros(0, np.int64)
    found = np.frombuffer(base64.b64decode(bits), np.uint8)
    return np.flatnonzero(np.unpackbits(found, bitorder="little")[:count])


def selection_view(run: Run, rows: NDArray[np.int64]) -> None:
    """What is selected: images, classes, the mean image, and a table to take away."""
    st.subheader(
        f"{len(rows):,} selected", help=f"Test {noun(run.spec)}s, in the order of the test split."
    )
    data = resources.run_data(run)
    labels = data.part_labels("test", MOST_HELD_OUT).numpy()[rows]
    images = data.images[data.splits["test"][rows]]
    left, right = st.columns([3, 1], gap="medium")
    with left:
        pairs = torch.cat([data.pictures(images[:SHOWN]), _copies(run, images[:SHOWN])], 2)
        shown = strip(pairs, min(ACROSS, len(pairs)), 112)
        image(shown, "What is selected, and its reconstructions", caption=_caption(len(rows)))
        st.download_button(
            "Download as CSV", lambda: _csv(noun(run.spec), rows, labels, data.classes),
            f"{run.id}-selection.csv", "text/csv",
            help="The numbers and classes of all that is selected.",
        )  # fmt: skip
        groups_panel(run, rows)
    with right:
        mean = images.mean(0, keepdim=True, dtype=torch.float32)
        mean = mean.round().byte() if data.kind == "image" else data.pictures(mean)
        caption = f"Their mean {noun(run.spec)}"
        image(strip(mean, 1, 96), caption, caption=caption)
        bars = _histogram(noun(run.spec), labels, data.classes)
        chart(bars, "selection", "How many of what is selected are of each class")


def _copies(run: Run, images: Tensor) -> Tensor:
    with torch.inference_mode():
        return resources.run_data(run).pictures(resources.run_model(run).model(to_float(images)))


def _csv(
    what: str, rows: NDArray[np.int64], labels: NDArray[np.int64], classes: tuple[str, ...]
) -> str:
    pairs = zip(rows.tolist(), labels, strict=True)
    return as_csv([{what: row, "class": classes[label]} for row, label in pairs])


def _caption(count: int) -> str:
    which = f"The first {SHOWN}" if count > SHOWN else "All of them"
    return f"{which}; below each, what the model makes of it"


def _histogram(what: str, labels: NDArray[np.int64], classes: tuple[str, ...]) -> go.Figure:
    counts = np.bincount(labels, minlength=len(classes))
    bars = go.Bar(x=list(classes), y=counts, hovertemplate="%{x}: %{y}<extra></extra>")
    layout = {"height": 180, "margin": {"l": 40, "r": 10, "t": 10, "b": 30}}
    figure = go.Figure(bars, layout)
    figure.update_yaxes(title=f"{what}s")
    figure.update_xaxes(type="category")
    return figure
