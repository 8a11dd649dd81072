"""A person's own image: what the model makes of it, and where it lands. Nothing of it is kept."""

from __future__ import annotations

import base64
import binascii
import json
from functools import lru_cache
from math import isfinite, prod
from typing import Any, NamedTuple
from urllib.parse import parse_qsl

import numpy as np
import torch
from torch import Tensor

from aecore.config import Settings
from aecore.datasets import SplitConfig
from aecore.datasets.ink import ink_extent
from aecore.datasets.pictures import to_bytes
from aecore.errors import InputError
from aecore.maps.place import Known, place_new
from aecore.maps.samples import chosen, pixels_of, rows_of
from aecore.maps.spec import MapConfig
from aecore.metrics.reconstruction import mse_per_image
from aecore.runs import Run
from aecore.runs.inference import LoadedModel
from aecore.samples import NOUNS, to_float
from ui.envelope import pack
from ui.held_out import copies_of
from ui.map_choice import MOST_MAPS
from ui.maps import asked_for
from ui.resources import data, of_samples, run_data, run_model

LONGEST_MAP = 400
"""Characters of a map as the map route reads it."""
EXTENT_FROM = 1000
"""Training images whose ink is measured."""


class Asked(NamedTuple):
    """An image, (1, C, H, W) uint8, and the maps that it is to land in."""

    image: Tensor
    maps: list[str]


def longest(run: Run) -> int:
    """Bytes that a request about an own image may have."""
    return 4 * prod(shape_of(run)) // 3 + MOST_MAPS * (LONGEST_MAP + 4) + 100


def own(run: Run, body: bytes) -> bytes:
    """What becomes of an image, as an envelope.

    body: {"image": base64 of C·H·W bytes, "maps": [as the map route reads them]}.

    values: step; error: MSE per pixel, or null where it is not finite; larger_than: how many of
    `tested` test images have a smaller one; classes; places: [x, y] for each map, or null where
    it is not drawn; known: how many training images the nearest were looked for among.
    arrays: reconstruction (1, C, H, W); for pixels, and code where there is one, the nearest
    training images near_pixels (5, C, H, W), their labels_pixels and distances_pixels (5,).

    Raises InputError where the body is something else.
    """
    loaded = run_model(run)
    asked = parse(body, shape_of(run))
    with torch.inference_mode():
        x = to_float(asked.image)
        made = loaded.model(x)
        error = float(mse_per_image(made, x))
    errors = copies_of(run, loaded).errors
    values = {
        "step": loaded.step,
        "error": error if isfinite(error) else None,
        "larger_than": int((errors < error).sum()),
        "tested": len(errors),
        "classes": run_data(run).classes,
        "places": [_place(run, loaded, asked.image, each) for each in asked.maps],
        "known": len(_known(run, loaded, MapConfig(of="pixels")).which),
    }
    arrays = {"reconstruction": to_bytes(made).numpy()}
    for of in ("pixels", "code") if loaded.model.has_code else ("pixels",):
        arrays |= _nearest(run, loaded, asked.image, MapConfig.parse({"of": of}))
    return pack(values, arrays)


def parse(body: bytes, shape: tuple[int, int, int]) -> Asked:
    """The image of this shape, and the maps, that a request names. Raises InputError."""
    try:
        given = json.loads(body)
        maps, text = given["maps"], given["image"]
        if not isinstance(maps, list) or not all(isinstance(each, str) for each in maps):
            raise TypeError
    except (ValueError, TypeError, KeyError, RecursionError):
        raise InputError(
            'Expected JSON such as {"image": "<base64>", "maps": ["method=pca"]}.'
        ) from None
    if len(maps) > MOST_MAPS or any(len(each) > LONGEST_MAP for each in maps):
        raise InputError(f"maps: expected at most {MOST_MAPS}, got {len(maps)} or too long ones.")
    return Asked(image_of(text, "image", shape), maps)


def image_of(text: object, name: str, shape: tuple[int, int, int]) -> Tensor:
    """One image, (1, C, H, W) uint8, from the base64 of its bytes; name: for a refusal.

    Raises InputError.
    """
    size = f"{prod(shape)} bytes, one a pixel of {' × '.join(map(str, shape))}"
    try:
        pixels = base64.b64decode(text, validate=True) if isinstance(text, str) else None
    except (ValueError, binascii.Error):
        pixels = None
    if pixels is None:
        raise InputError(f"{name}: expected {size}, as base64.")
    if len(pixels) != prod(shape):
        raise InputError(f"{name}: expected {size}, got {len(pixels)}.")
    return torch.from_numpy(np.frombuffer(pixels, np.uint8).copy()).view(1, *shape)


@of_samples
@lru_cache(maxsize=32)
def extent(run: Run) -> float:
    """What `ink_extent` says of the first training images of a run; 1 where they are in colour."""
    images = run_data(run).part("train", EXTENT_FROM)
    return ink_extent(images) if images.shape[1] == 1 else 1.0


def shape_of(run: Run) -> tuple[int, int, int]:
    """(C, H, W) of the images of a run. Raises InputError where these are no images."""
    source = run.spec.make_source()
    if source.kind != "image":
        raise InputError(
            f"This run works on {NOUNS[source.kind][1]}; only a run of images takes an own image."
        )
    return source.shape


def _place(run: Run, loaded: LoadedModel, image: Tensor, asked: str) -> list[float] | None:
    shelf, wish = asked_for(run, dict(parse_qsl(asked)))
    drawn = shelf.known(wish.ticket)
    if drawn is None:
        return None
    config = wish.spec.config
    rows = rows_of(loaded, image, config)
    (place,) = place_new(rows, wish.spec, drawn, _known(run, loaded, config)).tolist()
    return place


def _nearest(
    run: Run, loaded: LoadedModel, image: Tensor, config: MapConfig
) -> dict[str, np.ndarray[Any, Any]]:
    known, images = _known(run, loaded, config), run_data(run)
    near = known.nearest(rows_of(loaded, image, config))
    which = known.which[torch.from_numpy(near.places[0])]
    return {
        f"near_{config.of}": images.images[which].numpy(),
        f"labels_{config.of}": images.labels[which].numpy(),
        f"distances_{config.of}": near.distances[0],
    }


def _known(run: Run, loaded: LoadedModel, config: MapConfig) -> Known:
    if config.of == "code":
        return _known_codes(run, loaded, config)
    return _known_pixels(run.spec.dataset, run.spec.source, run.spec.splits, config)


@of_samples
@lru_cache(maxsize=2)  # large, and the same for all runs on the same images
def _known_pixels(name: str, source: Settings, splits: SplitConfig, config: MapConfig) -> Known:
    images = data(name, source, splits)
    which = chosen(images, config)
    return Known(which, pixels_of(images.images[which]))


@of_samples
@lru_cache(maxsize=8)
def _known_codes(run: Run, loaded: LoadedModel, config: MapConfig) -> Known:
    images = run_data(run)
    which = chosen(images, config)
    return Known(which, rows_of(loaded, images.images[which], config))
