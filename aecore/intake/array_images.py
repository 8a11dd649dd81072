"""Arrays of any numbers to images of 8 bits, by a stated rule."""

from __future__ import annotations

from typing import Literal, NamedTuple

import numpy as np

from aecore.errors import InputError
from aecore.intake.npy import Array

MOST_SIDE = 512
AT_ONCE = 256
"""Images converted together."""


ChannelAxis = Literal["auto", "second", "last"]
WHERE: dict[ChannelAxis, str] = {"auto": "second or last", "second": "second", "last": "last"}


class Scale(NamedTuple):
    """low becomes 0 and high 255; rule: the same in a sentence."""

    low: float
    high: float
    rule: str


def with_channels(values: Array, axis: ChannelAxis = "auto") -> tuple[Array, str]:
    """(n, H, W), (n, C, H, W) or (n, H, W, C) as (n, C, H, W), and the rule.

    axis: where the channels are, of four axes. Raises InputError.
    """
    second, last = (values.ndim == 4 and values.shape[at] in (1, 3) for at in (1, 3))
    if values.ndim == 3:
        images, rule = values[:, None], "The array was read as grey images (n, height, width)."
    elif second and axis != "last":
        images, rule = values, "The array was read as images (n, channels, height, width)."
    elif last and axis != "second":
        images = values.transpose(0, 3, 1, 2)
        rule = "The array was read as images (n, height, width, channels)."
    else:
        raise InputError(
            f"The array has the shape {values.shape}; images have 1 or 3 channels, as their "
            f"{WHERE[axis]} axis."
        )
    if max(images.shape[2:]) > MOST_SIDE:
        raise InputError(
            f"The images have {images.shape[3]}×{images.shape[2]} pixels; give at most "
            f"{MOST_SIDE}×{MOST_SIDE}."
        )
    return images, rule


def scale_of(values: Array) -> Scale:
    """How numbers become 0 to 255, by their type and range.

    Raises InputError where some are not finite, with their count.
    """
    if values.dtype.kind == "f":
        odd = sum(int((~np.isfinite(part)).sum()) for part in _parts(values))
        if odd:
            raise InputError(
                f"{odd:,} numbers of the images are missing or infinite; fill them before, such "
                "as with numpy.nan_to_num."
            )
    low, high = float(values.min()), float(values.max())
    if low >= 0 and high <= 1 and (high == 1 or values.dtype.kind == "f"):
        return Scale(0, 1, "Numbers from 0 to 1 became 0 to 255.")
    if low >= 0 and high <= 255:
        return Scale(0, 255, "Numbers from 0 to 255 were kept as they are, rounded.")
    if low >= 0 and values.dtype.kind == "u" and values.dtype.itemsize == 2:
        return Scale(0, 65535, "16-bit numbers were scaled to 8 bits, so that 65,535 became 255.")
    rule = f"Numbers were scaled from the smallest, {low:g}, to the largest, {high:g}, as 0 to 255."
    return Scale(low, high if high > low else low + 1, rule)


def to_bytes(values: Array, scale: Scale) -> Array:
    """Numbers of any type to uint8, rounded."""
    if values.dtype == np.uint8 and (scale.low, scale.high) == (0, 255):
        return np.array(values, order="C")  # a copy: those of a file cannot be written
    result = np.empty(values.shape, np.uint8)
    reach = scale.high - scale.low
    for start in range(0, len(values), AT_ONCE):
        part = values[start : start + AT_ONCE].astype(np.float64)
        result[start : start + AT_ONCE] = np.rint((part - scale.low) / reach * 255)
    return result


def _parts(values: Array) -> list[Array]:
    return [values[start : start + AT_ONCE] for start in range(0, len(values), AT_ONCE)]
