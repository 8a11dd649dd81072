"""The parts of the Compress page: its choices, its pictures, its table and its files."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import streamlit as st
import torch

from aecore.compression import header_of
from aecore.config import Knob, knobs
from aecore.errors import AecoreError
from aecore.reports import Findings, reports
from aecore.reports.compress import compressor
from aecore.runs import Run
from ui.components import pictures
from ui.compress_words import MEASURES, SIZES, Rows, count, nearest, of_method, said, titles
from ui.figures import strip
from ui.grids import Grid
from ui.image import image
from ui.linked import choice, whole_number
from ui.resources import run_model
from ui.words import plain

SUFFIX = "aecz"
MOST_READ = 64
"""Images of an uploaded file that are drawn."""
LONGEST = 2**20
"""Bytes of an uploaded file that are read."""
ACROSS = 8


class Look(NamedTuple):
    """How the figures are looked at: by which quality, with or without headers."""

    measure: str
    size: str


def ask() -> dict[str, Any]:
    """What is to be measured."""
    declared = {knob.name: knob for knob in knobs(reports["compress"].Config)}
    left, right = st.columns(2)
    with left:
        count = _whole("files", declared["count"])
    with right:
        fit_on = _whole("fitted", declared["fit_on"])
    return {"count": count, "fit_on": fit_on}


def _whole(name: str, declared: Knob) -> int:
    span = int(declared.low or 0), int(declared.high or 0)
    return whole_number(name, declared.label, span, declared.default, declared.help)


def look(found: Findings) -> Look:
    """The switches above the figure."""
    rows = found.tables["rates"]
    known = {name: text for name, text in MEASURES.items() if rows[0][name] is not None}
    left, right = st.columns(2)
    with left:
        told = "PSNR counts wrong pixels, SSIM looks at whether patterns are kept."
        measure = choice("measure", "Quality", known, "psnr", told, segments=True)
    with right:
        told = (
            "Without headers, a file counts only what it has beyond the file of a black image of "
            f"the same size and quality; of this run's files, {found.scope['frame']} bytes are "
            "left out."
        )
        size = choice("headers", "Size", SIZES, "net", told, segments=True)
    return Look(measure, size)


def choose_bits(found: Findings) -> int:
    """Which setting of the model is shown, by its place; the link says so."""
    ours = of_method(found.tables["rates"], "model")
    options = {str(place): row["setting"] for place, row in enumerate(ours)}
    told = "How finely each number of the code is rounded before it is written."
    return int(choice("rounding", "Rounding", options, str(min(3, len(ours) - 1)), told))


def shown_images(found: Findings, place: int, seen: Look) -> None:
    """The first test images, and what each method leaves of them in about as many bytes."""
    rows, names = found.tables["rates"], titles(found)
    ours = of_method(rows, "model")[place]
    wished = ours[f"bytes_{seen.size}"]
    kept = [("Original", "", found.arrays["originals"])]
    for method in ("model", "pca", "pca_wide", "jpeg", "webp"):
        same = of_method(rows, method)
        if same:
            at = place if method == "model" else nearest(rows, method, seen.size, wished)
            told = f"{same[at]['setting']}, {count(same[at][f'bytes_{seen.size}'])} bytes"
            kept.append((names[method], told, found.arrays[f"made_{method}"][at]))
    images = torch.cat([torch.from_numpy(made) for _, _, made in kept])
    across = len(found.arrays["originals"])
    notes = tuple(f"{name}, test image {i}" for name, _, _ in kept for i in range(across))
    lines = tuple(f"{name} · {told}" if told else name for name, told, _ in kept)
    pictures("compress", Grid(images, across, lines, notes))
    st.caption(
        f"The first {across} test images, each as it is read again from a file; the others at the "
        f"setting whose files are nearest in bytes ({SIZES[seen.size].lower()}), on average over "
        f"{found.scope['n']:,} test images. What is far larger stands here for want of a smaller."
    )


def rate_table(found: Findings) -> None:
    """All settings of all methods, as a table."""
    names = titles(found)
    rows: Rows = found.tables["rates"]
    table = {
        "Method": [names[row["method"]] for row in rows],
        "Setting": [row["setting"] for row in rows],
        "Bytes without header": [count(row["bytes_net"]) for row in rows],
        "Bytes of the file": [count(row["bytes_file"]) for row in rows],
        "Bits a pixel": [f"{row['bits_per_pixel']:.3f}" for row in rows],
        "PSNR (dB)": [_with_limits(row, "psnr") for row in rows],
        "SSIM": [_with_limits(row, "ssim") for row in rows],
    }
    st.dataframe(table, hide_index=True)
    st.caption(
        f"Means over {found.scope['n']:,} test images, in brackets the interval of 95 %; bits a "
        "pixel are without header."
    )


def measured_on(found: Findings) -> str:
    """On what the figures rest."""
    scope = found.scope
    return (
        f"Means over {scope['n']:,} test images, each a file of its own, written and read again; "
        "the whiskers, and brackets in the table below, are intervals of 95 % (1,000 resamples of "
        f"these images, seed {scope['seed']}). Rounding, frequencies and PCA come from "
        f"{scope['fitted_on']:,} training images; model of step {scope['step']}."
    )


def _with_limits(row: Mapping[str, Any], measure: str) -> str:
    if row[measure] is None:
        return "exact" if row["setting"] == "exact" else "not measured"
    value, low, high = (said(measure, row[f"{measure}{end}"]) for end in ("", "_low", "_high"))
    return f"{value} ({low.removesuffix(' dB')} – {high})"


def files(run: Run, found: Findings, place: int) -> None:
    """The shown images as a file, and a way to open such files again."""
    row = of_method(found.tables["rates"], "model")[place]
    known = compressor(run, run_model(run), found, bits_of(row["setting"]))
    content = known.write(torch.from_numpy(found.arrays["originals"]))
    with st.container(border=True):
        st.download_button(
            f"Download these images compressed ({len(content)} bytes)",
            content,
            f"{run.id}.{SUFFIX}",
            "application/octet-stream",
            icon=":material/download:",
            on_click="ignore",
            help="A file that holds the codes alone; only this run can draw its images again.",
        )
        given = st.file_uploader(
            "Open a compressed file",
            SUFFIX,
            help=f"A file that this page made, for this run: its decoder draws the images again. "
            f"At most {MOST_READ} images are read.",
        )
        if given is not None:
            opened(run, found, given.getvalue() if given.size <= LONGEST else b"")


def opened(run: Run, found: Findings, content: bytes) -> None:
    """The images of a file, or why it cannot be read."""
    try:
        header = header_of(content)
        made = compressor(run, run_model(run), found, header.bits).read(content, MOST_READ)
    except AecoreError as error:
        st.error(plain(str(error)))
        return
    if len(made):
        image(strip(made, ACROSS), f"{len(made)} images out of the file")
    st.caption(
        f"{len(made)} {'image' if len(made) == 1 else 'images'} from {len(content)} bytes, drawn "
        "by the decoder of this run."
    )


def bits_of(setting: str) -> int:
    """Bits of a number as a setting tells them: 0 for entries of a book."""
    first = setting.split()[0]
    return int(first) if first.isdigit() else 0
