"""A test image that a person has drawn over: what the model restores, and what a filling does."""

from __future__ import annotations

import json
from math import isfinite
from typing import Any, NamedTuple

import torch
from torch import Tensor

from aecore.datasets.pictures import to_bytes
from aecore.errors import InputError
from aecore.metrics.reconstruction import decibels, mse_per_image
from aecore.restoration import restorers
from aecore.runs import Run
from aecore.samples import to_float
from ui.envelope import pack
from ui.own import image_of, shape_of
from ui.resources import run_data, run_model


class DrawnOver(NamedTuple):
    """The number of a test image, what a person made of it, and where.

    image: (1, C, H, W) uint8; touched: (H, W) bool.
    """

    number: int
    image: Tensor
    touched: Tensor


def longest(run: Run) -> int:
    """Bytes that a request about a test image that was drawn over may have."""
    channels, height, width = shape_of(run)
    return 4 * (channels + 1) * height * width // 3 + 200


def restored(run: Run, body: bytes) -> bytes:
    """What becomes of a test image that was drawn over, as an envelope.

    body: {"number": of the test image, "image": base64 of C·H·W bytes, "touched": base64 of H·W
    bytes, none 0 where it was drawn on}.

    values: step; touched: how many pixels were drawn on; psnr: by "drawn", "run" and, where a part
    of the image is touched, "filled", the PSNR in dB of [the image, the touched pixels], null
    where there are none or where it is not finite. Images are cut to [0, 1] before.
    arrays: original, run and, as above, filled, each (1, C, H, W).

    Raises InputError where the body is something else.
    """
    loaded, data = run_model(run), run_data(run)
    asked = parse(body, shape_of(run), data.size("test"))
    original = data.part("test", asked.number + 1)[-1:]
    seen = to_float(asked.image)
    with torch.inference_mode():
        made = {"drawn": seen, "run": loaded.model(seen).clamp(0, 1)}
    if asked.touched.any() and not asked.touched.all():
        made["filled"] = filled(seen, asked.touched)
    clean = to_float(original)
    values = {
        "step": loaded.step,
        "touched": int(asked.touched.sum()),
        "psnr": {name: _psnr(image, clean, asked.touched) for name, image in made.items()},
    }
    del made["drawn"]
    arrays = {name: to_bytes(image).numpy() for name, image in made.items()}
    return pack(values, {"original": original.numpy(), **arrays})


def parse(body: bytes, shape: tuple[int, int, int], count: int) -> DrawnOver:
    """What a request holds, of images of this shape and a test split of `count`.

    Raises InputError.
    """
    try:
        given = json.loads(body)
        number, image, touched = (given[name] for name in ("number", "image", "touched"))
    except (ValueError, TypeError, KeyError, RecursionError):
        raise InputError(
            'Expected JSON such as {"number": 3, "image": "<base64>", "touched": "<base64>"}.'
        ) from None
    if type(number) is not int or not 0 <= number < count:
        raise InputError(f"number: expected a whole number from 0 to {count - 1}.")
    mask = image_of(touched, "touched", (1, *shape[1:]))[0, 0]
    return DrawnOver(number, image_of(image, "image", shape), mask > 0)


def filled(image: Tensor, touched: Tensor) -> Tensor:
    """The touched pixels as the smoothest surface through the others, the rest as it is.

    Biharmonic inpainting, which learns nothing.

    Args:
        image: (1, C, H, W) float32 in [0, 1].
        touched: (H, W) bool, neither nowhere nor everywhere.
    """
    marked = image.masked_fill(touched, torch.nan)
    return restorers["biharmonic"]().restore(marked, 0).clamp(0, 1)


def _psnr(made: Tensor, clean: Tensor, touched: Tensor) -> list[float | None]:
    """In dB over the image and over its touched pixels; None for what has no number."""
    parts: list[Any] = [(made, clean)]
    if touched.any():
        parts.append((made[..., touched], clean[..., touched]))
    found = [float(decibels(mse_per_image(ours, theirs))) for ours, theirs in parts]
    return [value if isfinite(value) else None for value in found] + [None] * (2 - len(parts))
