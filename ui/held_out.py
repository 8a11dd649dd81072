"""The held-out images of a run as maps show them: classes, pictures, and numbers to colour by."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from aecore.errors import InputError
from aecore.maps.samples import MOST_HELD_OUT, pixels_of
from aecore.metrics.reconstruction import mse_per_image
from aecore.runs import Run
from aecore.runs.inference import CHUNK, LoadedModel, codes_of, without_label
from aecore.samples import to_float
from ui.asked import whole
from ui.envelope import pack
from ui.known_columns import known_columns
from ui.resources import of_samples, run_data, run_model
from ui.words import NO_CODE

BLOCK = 1000
"""Images that are sent at a time."""
MOST_THUMBNAILS = 400
MOST_NAMED = 20
"""Columns that a refusal names."""
NEAR = 5
"""Nearest others that lines lead to."""


class Copies(NamedTuple):
    """Held-out images as the model gives them back, (m, C, H, W) uint8, and their errors (m,)."""

    images: Tensor
    errors: Tensor


def count_of(run: Run) -> int:
    """How many held-out images the maps of a run show."""
    return min(MOST_HELD_OUT, run_data(run).size("test"))


def held_out(run: Run, asked: Mapping[str, str]) -> bytes:  # noqa: ARG001
    """The class of each held-out image, as an envelope."""
    data = run_data(run)
    values = {"classes": data.classes, "step": run_model(run).step, "block": BLOCK}
    return pack(values, {"labels": data.part_labels("test", MOST_HELD_OUT).numpy()})


def pictures(run: Run, asked: Mapping[str, str]) -> bytes:
    """One block of held-out images and of what the model makes of them, as an envelope."""
    loaded = run_model(run)
    start = BLOCK * whole(asked.get("block", "0"), "block", 0, (count_of(run) - 1) // BLOCK)
    data = run_data(run)
    originals = data.pictures(data.part("test", MOST_HELD_OUT)[start : start + BLOCK])
    copies = copies_of(run, loaded).images[start : start + BLOCK]
    return pack(
        {"step": loaded.step}, {"originals": originals.numpy(), "reconstructions": copies.numpy()}
    )


def thumbnails(run: Run, asked: Mapping[str, str]) -> bytes:
    """The images of some rows, such as rows=3,17,20, as an envelope: (k, C, H, W) uint8."""
    texts = asked.get("rows", "").split(",")
    if len(texts) > MOST_THUMBNAILS:
        raise InputError(f"rows: at most {MOST_THUMBNAILS} images at a time, got {len(texts)}.")
    rows = [whole(text, "rows", 0, count_of(run) - 1) for text in texts]
    data = run_data(run)
    return pack({}, {"images": data.pictures(data.images[data.splits["test"][rows]]).numpy()})


def near(run: Run, asked: Mapping[str, str]) -> bytes:
    """The nearest held-out images of one, by pixels and by code, as an envelope: (k,) int32."""
    loaded, rows = run_model(run), {}
    point = whole(asked.get("point", ""), "point", 0, count_of(run) - 1)
    spaces = {"pixels": _pixels, "code": codes} if loaded.model.has_code else {"pixels": _pixels}
    for name, of in spaces.items():
        space = of(run, loaded)
        distances = np.linalg.norm(space - space[point], axis=1)
        distances[point] = np.inf
        count = min(NEAR, len(space) - 1)
        nearest = np.argpartition(distances, count - 1)[:count] if count else np.zeros(0, np.int64)
        rows[name] = nearest[distances[nearest].argsort(kind="stable")]
    return pack({"step": loaded.step}, rows)


def column(run: Run, asked: Mapping[str, str]) -> bytes:
    """A number of each held-out image, as an envelope: (m,) float32.

    asked: `name` is error, brightness, z and the place of a number of the code, from 1, or one of
    `known_columns`. values: title, of one of the latter; classes, where the numbers are places
    among these: -1 or NaN where one is missing.

    Raises InputError for anything else.
    """
    name, loaded = asked.get("name", ""), run_model(run)
    told: dict[str, Any] = {"step": loaded.step}
    if name in COLUMNS:
        values = COLUMNS[name](run, loaded)
    elif name in (known := known_columns(run)):
        values = known[name].values()
        told |= {"title": known[name].title, "classes": known[name].classes}
    elif name.startswith("z"):
        space = codes(run, loaded)
        values = space[:, whole(name[1:], "name", 1, space.shape[1]) - 1]
    else:
        names = ", ".join([*COLUMNS, *list(known)[:MOST_NAMED]])
        raise InputError(f"There is no column {name[:30]!r}; there are {names}, z1, z2 and so on.")
    return pack(told, {"values": values})


@of_samples
@lru_cache(maxsize=4)
def copies_of(run: Run, loaded: LoadedModel) -> Copies:
    """What a model makes of the held-out images."""
    images, errors = [], []
    data = run_data(run)
    for part in data.part("test", MOST_HELD_OUT).split(CHUNK):
        with torch.inference_mode():
            x = to_float(part)
            made = loaded.model(x)
            errors.append(mse_per_image(made, x))
            images.append(data.pictures(made))
    return Copies(torch.cat(images), torch.cat(errors))


def _brightness(run: Run, loaded: LoadedModel) -> NDArray[np.float32]:  # noqa: ARG001
    images = run_data(run).part("test", MOST_HELD_OUT)
    return torch.cat([to_float(part).flatten(1).mean(1) for part in images.split(CHUNK)]).numpy()


COLUMNS: dict[str, Callable[[Run, LoadedModel], NDArray[np.float32]]] = {
    "error": lambda run, loaded: copies_of(run, loaded).errors.numpy(),
    "brightness": _brightness,
}


@of_samples
@lru_cache(maxsize=2)
def _pixels(run: Run, loaded: LoadedModel) -> NDArray[np.float32]:  # noqa: ARG001
    return pixels_of(run_data(run).part("test", MOST_HELD_OUT))


@of_samples
@lru_cache(maxsize=4)
def codes(run: Run, loaded: LoadedModel) -> NDArray[np.float32]:
    """Codes (m, d) of the held-out images, without a label. Raises InputError for no code."""
    if not loaded.model.has_code:
        raise InputError(NO_CODE)
    images = run_data(run).part("test", MOST_HELD_OUT)
    return without_label(loaded.model, codes_of(loaded.model, images)).numpy()
