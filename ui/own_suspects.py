"""Images that a person brings: scored like the test images, and kept nowhere."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np
import streamlit as st
import torch
from torch import Tensor

from aecore.detection import Fitted, Scores, methods
from aecore.errors import AecoreError, InputError
from aecore.intake.fitting import fitted
from aecore.intake.picture import read_picture
from aecore.intake.safe_text import safe_text
from aecore.intake.skipping import Skipped
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
from ui.words import plain

MOST = 50
TYPES = ["png", "jpg", "jpeg", "webp", "bmp"]


class Suspect(NamedTuple):
    """An image of somebody's, (1, C, H, W) uint8, and the name of its file."""

    name: str
    image: Tensor


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
        return
    suspects = []
    for file in files[:MOST]:
        try:
            suspects.append(Suspect(file.name, opened(file.name, file.getvalue(), run)))
        except InputError as error:
            st.warning(plain(str(error)))
    if suspects:
        _show(run, view, suspects)


def opened(name: str, content: bytes, run: Run) -> Tensor:
    """A file as an image of the run's shape, (1, C, H, W) uint8.

    Read by the rules of the Data page: upright, what is transparent over black, at most 25
    megapixels. Raises InputError where it is none, or one too large.
    """
    channels, *size = shape_of(run)
    try:
        image = read_picture(content, "black").image.convert("L" if channels == 1 else "RGB")
    except Skipped as reason:
        raise InputError(
            f"{safe_text(name, 60)} is {reason}; bring a PNG, JPEG, WebP or BMP."
        ) from None
    pixels = np.array(fitted(image, (size[0], size[1]), "stretch", "black"))
    return torch.from_numpy(pixels.reshape(1, *size, channels)).permute(0, 3, 1, 2).contiguous()


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
    images = torch.cat([suspect.image for suspect in suspects])
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
