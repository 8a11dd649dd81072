"""Browser components: plain JavaScript, read from this folder, no build step."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import streamlit as st

from aecore.runs import Run
from aecore.runs.checks import blank_model
from ui.own import extent, shape_of
from ui.routes import PLOTLY, base
from ui.words import NO_CODE

FOLDER = Path(__file__).parent
PARTS = {
    "live": ("shared", "loss_chart", "image_strip", "code_map", "live"),
    "gallery": ("shared", "gallery"),
    "maps": (
        "shared",
        "map_points",
        "map_align",
        "pad",
        "guests",
        "own_image",
        "map_panel",
        "maps",
    ),
    "decoder": ("shared", "decoder"),
    "preload": ("shared", "preload"),
}
"""The files of each component, scripts and style sheets, joined in this order."""


@lru_cache(maxsize=8)
def _component(name: str) -> Any:
    scripts = [(FOLDER / f"{part}.js").read_text() for part in PARTS[name]]
    sheets = [FOLDER / f"{part}.css" for part in PARTS[name]]
    style = "\n".join(sheet.read_text() for sheet in sheets if sheet.exists())
    # Without isolation: Plotly's own style sheet does not reach into a shadow root.
    return st.components.v2.component(
        f"ael_{name}", js="\n".join(scripts), css=style, isolate_styles=False
    )


def live_view(run: Run, *, compact: bool = False) -> None:
    """Curves, reconstructions and code map of a run, alive; compact leaves out the controls.

    Where the variant has no code, a sentence stands in place of its map.
    """
    model = blank_model(run.spec)
    data = {
        "run": run.id,
        "base": base(),
        "plotly": PLOTLY,
        "compact": compact,
        "phases": model.phases(),
        "aside": sorted(model.aside),
        "no_code": "" if model.has_code else NO_CODE,
    }
    _component("live")(key=f"live-{run.id}", data=data)


def preload_charts() -> None:
    """Have the browser fetch the chart library now; shows nothing."""
    _component("preload")(key="preload", data={"url": f"{base()}/{PLOTLY}"})


def gallery_view(run: Run, asked: dict[str, Any]) -> None:
    """Test images with their reconstructions; `asked` is what the gallery route reads."""
    url = f"{base()}/runs/{run.id}/gallery?{urlencode(asked)}"
    data = {"url": url, "damaged": asked.get("corruption", "none") != "none"}
    _component("gallery")(key=f"gallery-{run.id}", data=data)


def map_board(run: Run, maps: list[str], colour: str, selection: str, step: int) -> str:
    """Linked maps of a run's held-out images; returns the selection as bits, "" for none.

    maps: each as the map route reads it; colour: class or error; selection: what is selected at
    the start; step: of the model, so that newer weights are asked for anew.
    """
    data = {
        "run": run.id,
        "base": base(),
        "maps": maps,
        "colour": colour,
        "selection": selection,
        "step": step,
        "own": {"shape": shape_of(run), "extent": extent(run)},
    }
    answer = _component("maps")(
        key=f"maps-{run.id}", data=data, default={"selection": selection},
        on_selection_change=lambda: None,
    )  # fmt: skip
    return str(answer.selection or "")


def decoder(run: Run, start: str, step: int) -> None:
    """A slider for each number of the code, and the image that follows it.

    start: "middle", or the number of a test image to start from.
    """
    data = {"run": run.id, "base": base(), "step": step, "start": start}
    _component("decoder")(key=f"decoder-{run.id}", data=data)
