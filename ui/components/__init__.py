"""Browser components: plain JavaScript, read from this folder, no build step."""

from __future__ import annotations

import json
from base64 import b64encode
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlencode

import streamlit as st
from torch import Tensor

from aecore.runs import Run
from aecore.runs.checks import blank_model
from ui.figures import chart_text
from ui.grids import Grid
from ui.own import extent, shape_of
from ui.routes import PLOTLY, base
from ui.words import NO_CODE, is_image, noun

FOLDER = Path(__file__).parent
MAP_PARTS = (
    "points", "align", "colours", "thumbnails", "ground", "pointer", "marks", "export", "frame",
    "panel", "time", "view",
)  # fmt: skip
PARTS = {
    "live": (
        "shared",
        "loss_chart",
        "image_strip",
        "code_map",
        "points_view",
        "time_machine",
        "live",
    ),
    "gallery": ("shared", "gallery"),
    "chart": ("shared", "chart"),
    "maps": (
        "shared",
        *(f"map_{part}" for part in MAP_PARTS),
        "pad",
        "guests",
        "own_image",
        "maps",
    ),
    "decoder": ("shared", "decoder"),
    "pictures": ("shared", "picture_grid", "pictures"),
    "sheets": ("shared", "picture_grid", "sheets"),
    "wipe": ("shared", "wipe"),
    "brush": ("shared", "pad", "brush_pad", "brush"),
    "preload": ("shared", "preload"),
    "points": ("shared", "points_view", "points"),
    "spray": ("shared", "spray_pad", "spray"),
}
"""The files of each component, scripts and style sheets, joined in this order."""


@lru_cache(maxsize=16)
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
        "noun": noun(run.spec),
        "kind": model.layout.kind,
        "numbers": model.code_size,
    }
    _component("live")(key=f"live-{run.id}", data=data)


def points_view(run: Run, step: int) -> None:
    """Test points with their reconstructions, the decoder's image and the code.

    step: of the model, so that newer weights are asked for anew.
    """
    model = blank_model(run.spec)
    data = {
        "url": f"{base()}/runs/{run.id}/points?step={step}",
        "plotly": f"{base()}/{PLOTLY}",
        "numbers": model.code_size,
        "no_code": "" if model.has_code else NO_CODE,
    }
    _component("points")(key=f"points-{run.id}", data=data)


def preload_charts() -> None:
    """Have the browser fetch the chart library now; shows nothing."""
    _component("preload")(key="preload", data={"url": f"{base()}/{PLOTLY}"})


def gallery_view(run: Run, asked: dict[str, Any]) -> None:
    """Test images with their reconstructions; `asked` is what the gallery route reads."""
    url = f"{base()}/runs/{run.id}/gallery?{urlencode(asked)}"
    data = {"url": url, "damaged": asked.get("corruption", "none") != "none"}
    _component("gallery")(key=f"gallery-{run.id}", data=data)


def sheets_view(run: Run, asked: dict[str, Any], sheets: int, sheet: int) -> int:
    """Sheets of reconstructions; the one that was turned to, once, else 0.

    asked: what the route of sheets reads, but for the number; sheets: how many there are; sheet:
    the one that the link says.
    """
    url = f"{base()}/runs/{run.id}/sheet?{urlencode(asked)}"
    data = {"url": url, "sheets": sheets, "sheet": sheet}
    answer = _component("sheets")(key=f"sheets-{run.id}", data=data, on_sheet_change=_heard)
    return int(answer.sheet or 0)


class Board(NamedTuple):
    """What a person has done to the maps: the selection as bits ("" for none), what is shown
    beside the points, and the place that was clicked last ("" for none), as a query."""

    selection: str
    view: str
    place: str


def map_board(run: Run, panels: list[dict[str, Any]], look: dict[str, Any], step: int) -> Board:
    """Linked maps of a run's held-out images.

    panels: as the class MapPanel has them; look: colour, selection and view at the start, and
    whether decoder and spreads can be offered; step: of the model, so that newer weights are
    asked for anew.
    """
    data = {"run": run.id, "base": base(), "panels": panels, "step": step, **look}
    data["own"] = {"shape": shape_of(run), "extent": extent(run)} if is_image(run.spec) else None
    data["noun"] = noun(run.spec)
    given = {"selection": look["selection"], "view": look["view"], "place": ""}
    answer = _component("maps")(
        key=f"maps-{run.id}", data=data, default=given,
        on_selection_change=_heard, on_view_change=_heard, on_place_change=_heard,
    )  # fmt: skip
    return Board(*(str(answer[name] or "") for name in given))


def _heard() -> None:
    """Nothing more to do: the page is drawn again with what the component now says."""


def decoder(run: Run, start: str, step: int) -> None:
    """A slider for each number of the code, and the image that follows it.

    start: "middle", or the number of a test image to start from.
    """
    data = {"run": run.id, "base": base(), "step": step, "start": start, "noun": noun(run.spec)}
    _component("decoder")(key=f"decoder-{run.id}", data=data)


def brush(run: Run, number: int, step: int) -> None:
    """A test image, by its number, that is drawn over and restored as one draws."""
    data = {"run": run.id, "base": base(), "number": number, "step": step}
    _component("brush")(key=f"brush-{run.id}", data={**data, "shape": shape_of(run)})


def spray(fewest: int, most: int, colours: tuple[str, ...]) -> str:
    """A pad to spray points on; what was drawn as JSON, once, when "Use" is pressed, else "".

    fewest, most: points of a drawing; colours: names of the brushes.
    """
    data = {"fewest": fewest, "most": most, "colours": colours}
    answer = _component("spray")(key="spray", data=data, on_points_change=_heard)
    return str(answer.points or "")


def chart(figure: Any, name: str, alt: str) -> None:
    """A Plotly figure that has a height, drawn by the browser once it comes into view.

    name: of this chart on its page, and of the PNG that one can save; alt: what it shows, for who
    cannot see it.
    """
    figure.update_layout(template=None)  # the page's own colours stand in its place
    data = {"figure": chart_text(json.loads(figure.to_json())), "alt": alt, "name": name}
    _component("chart")(key=f"chart-{name}", data={**data, "url": f"{base()}/{PLOTLY}"})


def wipe(name: str, images: Tensor, names: tuple[str, str]) -> None:
    """Two images (2, C, H, W) uint8 over each other, with a slider from the one to the other."""
    data = {"images": b64encode(images.numpy().tobytes()).decode(), "shape": list(images.shape)}
    _component("wipe")(key=f"wipe-{name}", data={**data, "names": list(names), "share": 50})


def pictures(name: str, grid: Grid) -> None:
    """Images in rows and columns, each with what it is where one points at it."""
    data = {
        "images": b64encode(grid.images.numpy().tobytes()).decode(),
        "shape": list(grid.images.shape),
        "columns": grid.columns,
        "rows": grid.rows,
        "heads": grid.heads,
        "notes": grid.notes,
        "captions": grid.captions,
    }
    _component("pictures")(key=f"pictures-{name}", data=data)
