"""The parts of the Latent space page: which maps, what is selected, how far maps can be trusted."""

from __future__ import annotations

import base64
import binascii
import csv
import zlib
from collections.abc import Mapping
from io import StringIO
from urllib.parse import urlencode

import numpy as np
import plotly.graph_objects as go
import streamlit as st
from numpy.typing import NDArray

from aecore.maps import CODE, MapSpec
from aecore.maps.measures import MOST
from aecore.maps.samples import MOST_HELD_OUT
from aecore.maps.shelf import Shelf, ticket_of
from aecore.metrics.descriptions import MEASURES
from aecore.paths import home
from aecore.projections import projections
from aecore.runs import Run
from ui import resources
from ui.figures import strip
from ui.groups import groups_panel
from ui.selection import linked, remember, set_widget, widget_value

MOST_MAPS = 6
COLOURS = {"class": "Class", "error": "Reconstruction error"}
SHOWN = 24
"""Selected images that are shown; the table has all."""


def offered(run: Run) -> dict[str, MapSpec]:
    """The maps that a run can have, by their short names in links."""
    model = resources.run_model(run).model
    names = [f"{method}-pixels" for method in projections]
    if model.has_code:
        names = [f"{method}-code" for method in projections] + names
        if model.code_size == 2:
            names = [CODE, *names]
    specs = {}
    for name in names:
        method, _, of = name.partition("-")
        specs[name] = MapSpec.from_flat({"method": method, **({"of": of} if of else {})})
    return specs


def choose_maps(specs: dict[str, MapSpec]) -> list[str]:
    """Which maps stand side by side; the link says so."""
    usual = [n for n in (CODE, "pca-code", "umap-code", "umap-pixels") if n in specs][:3]
    given = [name for name in linked("maps", ",".join(usual)).split(",") if name in specs]
    set_widget("latent:maps", (given or usual)[:MOST_MAPS])
    st.multiselect(
        "Maps",
        list(specs),
        format_func=lambda name: specs[name].title,
        max_selections=MOST_MAPS,
        key="latent:maps",
        help="All show the same test images. A map of the code shows what the model made of them, "
        "one of the pixels shows the images themselves.",
        on_change=remember,
        args=("maps", "latent:maps"),
    )
    return list(widget_value("latent:maps"))


def choose_colour() -> str:
    """What colours mean; the link says so."""
    given = linked("colour", "class")
    set_widget("latent:colour", given if given in COLOURS else "class")
    st.selectbox(
        "Colour by",
        list(COLOURS),
        format_func=COLOURS.__getitem__,
        key="latent:colour",
        help="Classes were not told to the model, unless it is a conditional one.",
        on_change=remember,
        args=("colour", "latent:colour"),
    )
    return str(widget_value("latent:colour"))


def count_of(run: Run) -> int:
    """How many test images the maps show."""
    return min(MOST_HELD_OUT, resources.run_data(run).size("test"))


def query(spec: MapSpec) -> str:
    """A map as the map route reads it."""
    return urlencode(spec.to_flat())


def to_link(bits: str) -> str:
    """A selection, short enough for a link."""
    if not bits:
        return ""
    packed = zlib.compress(base64.b64decode(bits), 9)
    return base64.urlsafe_b64encode(packed).decode().rstrip("=")


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


def measures_table(run: Run, specs: list[MapSpec]) -> None:
    """How far each shown map can be trusted, once it is drawn."""
    shelf, loaded = Shelf(home()), resources.run_model(run)
    found = {}
    for spec in specs:
        drawn = shelf.known(ticket_of(run, loaded, spec))
        if drawn is not None:
            found[spec.title] = drawn.measures
    names = [name for name in MEASURES if any(name in scores for scores in found.values())]
    if not names:
        st.caption("Measures appear here as soon as a map is drawn.")
        return
    table = {"": list(found)} | {
        MEASURES[name].title: [_say(name, scores) for scores in found.values()] for name in names
    }
    st.table(table, hide_index=True)
    count = min(MOST, count_of(run))
    st.caption(f"{count:,} test images, against their pixels; seed {specs[0].config.map_seed}.")
    st.markdown(_verdict(found))
    with st.expander("What the figures say"):
        st.markdown("\n".join(f"- **{MEASURES[n].title}**: {MEASURES[n].meaning}" for n in names))


def _say(name: str, scores: Mapping[str, float]) -> str:
    return MEASURES[name].say(scores[name]) if name in scores else ""


def _verdict(found: Mapping[str, Mapping[str, float]]) -> str:
    """Which map serves which purpose here, in one sentence."""
    purposes = {
        "trustworthiness": "who is near whom",
        "continuity": "what belongs together",
        "knn_accuracy": "telling classes apart",
    }
    best = {}
    for name, purpose in purposes.items():
        scored = {title: s[name] for title, s in found.items() if name in s}
        if len(scored) > 1:
            best[purpose] = max(scored, key=scored.__getitem__)
    if not best:
        return ""
    parts = [f"for {purpose}, **{title}**" for purpose, title in best.items()]
    return "Of these maps, trust here: " + "; ".join(parts) + "."


def selection_view(run: Run, rows: NDArray[np.int64]) -> None:
    """What is selected: images, classes, the mean image, and a table to take away."""
    data = resources.run_data(run)
    labels = data.part_labels("test", MOST_HELD_OUT).numpy()[rows]
    images = data.part("test", MOST_HELD_OUT)[rows]
    st.subheader(f"{len(rows):,} selected", help="Test images, in the order of the test split.")
    left, right = st.columns([3, 2], gap="medium")
    with left:
        st.image(strip(images[:SHOWN], 12, 40), caption=_caption(len(rows)))
        names = {"Classes": [data.classes[label] for label in labels]}
        lines = StringIO()
        table = csv.writer(lines)
        table.writerow(["image", "class"])
        table.writerows(zip(rows.tolist(), names["Classes"], strict=True))
        st.download_button(
            "Download as CSV", lines.getvalue(), f"{run.id}-selection.csv", "text/csv",
            help="The numbers and classes of all selected images.",
        )  # fmt: skip
        groups_panel(run, rows)
    with right:
        mean = images.float().mean(0, keepdim=True).round().byte()
        st.image(strip(mean, 1, 96), caption="Their mean image")
        st.plotly_chart(_histogram(labels, data.classes), config={"displayModeBar": False})


def _caption(count: int) -> str:
    return f"The first {SHOWN}" if count > SHOWN else "All of them"


def _histogram(labels: NDArray[np.int64], classes: tuple[str, ...]) -> go.Figure:
    counts = np.bincount(labels, minlength=len(classes))
    bars = go.Bar(x=list(classes), y=counts, hovertemplate="%{x}: %{y}<extra></extra>")
    layout = {"height": 180, "margin": {"l": 40, "r": 10, "t": 10, "b": 30}}
    figure = go.Figure(bars, layout)
    figure.update_yaxes(title="images")
    return figure
