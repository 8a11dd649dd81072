"""Reads image files one after another into arrays of one size, and notes what was done to them."""

from __future__ import annotations

import base64
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any, Literal, TypeVar

import numpy as np
from PIL import Image

from aecore.intake.fitting import Fit, Size, fitted
from aecore.intake.gathering import File
from aecore.intake.picture import Background, Note, read_picture, size_of
from aecore.intake.skipping import Skipped, Tally

Colour = Literal["auto", "grey", "colour"]
T = TypeVar("T")


@dataclass
class Seen:
    """What was read. pixels: (H, W) uint8 of a grey image, (H, W, 3) of one in colour; folders:
    of the same images; notes: how many images each rule was applied to."""

    tally: Tally
    pixels: list[np.ndarray[Any, np.dtype[np.uint8]]] = field(default_factory=list)
    folders: list[str] = field(default_factory=list)
    notes: Counter[Note] = field(default_factory=Counter)

    @property
    def coloured(self) -> int:
        """How many images are in colour."""
        return sum(pixels.ndim == 3 for pixels in self.pixels)


def sizes_of(files: Sequence[File]) -> Counter[Size]:
    """How often each size is met, by the headers; what is no image counts nowhere."""
    found: Counter[Size] = Counter()
    for file in files:
        try:
            found[size_of(file.read())] += 1
        except Skipped:
            continue
    return found


def read_all(
    files: Sequence[File],
    size: Size,
    fit: Fit,
    colour: Colour,
    background: Background,
    seconds: float = float("inf"),
) -> Seen:
    """Decode files and bring them to a size, until the time is up.

    An image whose red, green and blue agree everywhere is grey, whatever its file says. Raises
    InputError where more than half of the files cannot be used.
    """
    seen, deadline = Seen(Tally(len(files))), time.monotonic() + seconds
    for done, file in enumerate(files):
        if time.monotonic() > deadline:
            seen.tally.total = done
            break
        try:
            picture = read_picture(file.read(), background)
        except Skipped as reason:
            seen.tally.add(file.name, reason)
            continue
        image = picture.image
        if colour == "grey" or _is_grey(image):
            image = image.convert("L")  # of equal channels it is exact
        seen.pixels.append(np.asarray(fitted(image, size, fit, background)))
        seen.folders.append(file.folder)
        seen.notes.update(picture.notes)
    return seen


def _is_grey(image: Image.Image) -> bool:
    if image.mode == "L":
        return True
    red, green, blue = (channel.tobytes() for channel in image.split())
    return red == green == blue


def stacked(
    pixels: Sequence[np.ndarray[Any, np.dtype[np.uint8]]], channels: int
) -> np.ndarray[Any, np.dtype[np.uint8]]:
    """(n, channels, H, W) uint8; a grey image among colours has three equal channels."""
    height, width = pixels[0].shape[:2]
    samples = np.empty((len(pixels), channels, height, width), np.uint8)
    for sample, image in zip(samples, pixels, strict=True):
        sample[:] = image if image.ndim == 2 else image.transpose(2, 0, 1)
    return samples


def encoded(pixels: np.ndarray[Any, np.dtype[np.uint8]]) -> str:
    """(H, W) or (H, W, 3) uint8 as a PNG file in base64."""
    file = BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return base64.b64encode(file.getvalue()).decode()


def spread(items: Sequence[T], most: int) -> list[T]:
    """At most so many of them, evenly from the first to the last."""
    if len(items) <= most:
        return list(items)
    return [items[place * len(items) // most] for place in range(most)]
