"""Images that a person brings: scored like the test images, and kept nowhere."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import streamlit as st
import torch
from numpy.typing import NDArray
from streamlit.runtime.uploaded_file_manager import UploadedFile
from torch import Tensor

from aecore.detection import Fitted, Scores, methods
from aecore.errors import AecoreError
from aecore.intake.safe_text import safe_text
from aecore.intake.sandboxed import read_images
from aecore.reports.base import unheard
from aecore.reports.detect import Detect, fit, learnt
from aecore.reports.suspects import views_of
from aecore.runs import Run
from aecore.runs.inference import LoadedModel
from ui import components
from ui.detect_figures import worst_grid
from ui.detect_parts import View
from ui.own import shape_of
from ui.resources import of_samples, run_data, run_model
from ui.selection import held, hold, let_go
from ui.words import plain

MOST = 50
TYPES = ["png", "jpg", "jpeg", "webp", "bmp"]


READ = "suspects"
"""Under which this tab keeps what was read, so that another threshold reads nothing again."""


class Suspect(NamedTuple):
    """An image of somebody's, (C, H, W) uint8, or why it is none, and the name of its file."""

    name: str
    image: NDArray[np.uint8] | str


def own_suspects(run: Run, view: View) -> None:
    """Take images, and rank them among the normal test images."""
    files = st.file_uploader(
        "Images to be scored",
        TYPES,
        accept_multiple_files=True,
        key=f"suspects:{run.id}",
        help=f"At most {MOST} at a time. They are stretched to the size of the run's images and "
        "scored in memory; nothing of them is kept.",
    )
    channels, height, width = shape_of(run)
    colours = "in three colours" if channels == 3 else "in grey, light on dark as the run's own"
    st.caption(
        f"The run knows images of {height} × {width} pixels, {colours}. Yours are stretched to "
        "that; their brightness stays as it is."
    )
    if not files:
        let_go(READ)
        return
    try:
        suspects = opened(files[:MOST], run)
    except AecoreError as error:
        st.error(plain(str(error)))
        return
    for suspect in suspects:
        if isinstance(suspect.image, str):
            st.warning(
                f"{plain(safe_text(suspect.name, 60))} is {plain(suspect.image)}; bring a PNG, "
                "JPEG, WebP or BMP."
            )
    if images := [suspect for suspect in suspects if not isinstance(suspect.image, str)]:
        _show(run, view, images)


def opened(files: Sequence[UploadedFile], run: Run) -> list[Suspect]:
    """Files as images of the run's shape, read once, by the rules of the Data page.

    Raises InputError where reading them ends the process that does so, and StoreError.
    """
    asked = (run.id, *(file.file_id for file in files))
    before = held(READ)
    if before is None or before[0] != asked:
        with st.spinner("Reading your images …"):
            found = read_images([file.getvalue() for file in files], shape_of(run))
        before = (asked, found)
        hold(READ, before)
    return [Suspect(file.name, image) for file, image in zip(files, before[1], strict=True)]


def score(run: Run, name: str, images: Tensor) -> tuple[Scores, Tensor]:
    """Scores (n,) of images (n, C, H, W) uint8, and their reconstructions, the same shape.

    Raises InputError where the model's figures are not finite.
    """
    loaded = run_model(run)
    views, made = views_of(loaded, images, unheard)
    return _fitted(run, loaded, name).score(views), run_data(run).pictures(made)


@of_samples
@lru_cache(maxsize=2)  # each may hold 10,000 training images as floats
def _fitted(run: Run, loaded: LoadedModel, name: str) -> Fitted:
    """A score with the settings that the page's report has."""
    config = Detect.Config()
    normal = learnt(run_data(run), loaded, config, unheard)
    return fit(methods[name], normal, config.seed)[0]


def _show(run: Run, view: View, suspects: list[Suspect]) -> None:
    images = torch.from_numpy(np.stack([suspect.image for suspect in suspects]))
    try:
        with st.spinner("Scoring your images …"):
            found, made = score(run, view.name, images)
    except AecoreError as error:
        st.error(plain(str(error)))
        return
    order = np.argsort(-found, kind="stable")
    rows = torch.from_numpy(order)
    names = [suspects[row].name for row in order]
    scores = [f"{found[row]:.3g}" for row in order]
    blank = [""] * len(scores)
    components.pictures("own", worst_grid(images[rows], made[rows], names, blank, scores))
    st.table([ranked(names[at], float(found[row]), view) for at, row in enumerate(order)],
             hide_index=True)  # fmt: skip
    st.caption(
        f"{methods[view.name].title} of your images, the oddest first, beside that of "
        f"{int((~view.odd).sum()):,} normal test images."
    )


def ranked(name: str, found: float, view: View) -> dict[str, str]:
    """Where a score lies among those of the normal test images, as a line of the table."""
    share = (view.scores[~view.odd] < found).mean()
    return {
        "Image": plain(name[:60]),
        "Score": f"{found:.4g}",
        "Odder than": f"{100 * share:.1f} % of the normal test images",
        "Alarm": "yes" if found > view.threshold else "no",
    }
