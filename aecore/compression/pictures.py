"""The picture formats that a learnt code is measured against: JPEG, WebP and PNG, by Pillow."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from io import BytesIO
from typing import Any, Literal, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from aecore.errors import InputError

Format = Literal["JPEG", "WEBP", "PNG"]
MODES = {1: "L", 3: "RGB"}
"""Pillow's name for images of so many channels."""


class Pictures(NamedTuple):
    """Files of n images.

    files: of each image by itself, whole. net: (n,) int64, bytes of each beyond those of a black
    image of the same size, format and quality. Nearly all of what is left out is the header, but
    a black image has a few bytes of content too: net is a little kinder than true.
    """

    files: list[bytes]
    net: NDArray[np.int64]


def can_be_pictures(channels: int) -> bool:
    """Whether images of so many channels can be put into these files."""
    return channels in MODES


def encode_pictures(images: Tensor, form: Format, quality: int = 75) -> Pictures:
    """Each image as a file.

    JPEG can have the code tables of its standard, which are the same in all files, or tables of
    its own, which make the file smaller and its header longer: `files` and `net` are each of
    whichever way is shorter.

    Args:
        images: (n, C, H, W) uint8, C of 1 (grey) or 3 (red, green, blue).
        quality: 1 to 95, of JPEG and of WebP with losses; PNG loses nothing and has none.

    Raises InputError for other channels.
    """
    if not can_be_pictures(images.shape[1]):
        raise InputError(f"{form} needs images of 1 or 3 channels, got {images.shape[1]}.")
    black = torch.zeros_like(images[:1])
    ways = []
    for named in _ways(form, quality):
        files = list(_saved(images, form, named))
        (blank,) = _saved(black, form, named)
        ways.append((files, np.array([len(file) - len(blank) for file in files])))
    files = [min(same, key=len) for same in zip(*(files for files, _ in ways), strict=True)]
    return Pictures(files, np.min([net for _, net in ways], axis=0).clip(0))


def decode_pictures(files: Sequence[bytes], channels: int) -> Tensor:
    """The images of some files of one size: (n, channels, H, W) uint8."""
    from PIL import Image

    pixels = [np.array(Image.open(BytesIO(file)).convert(MODES[channels])) for file in files]
    stacked = torch.from_numpy(np.stack(pixels))
    return stacked.view(*stacked.shape[:3], channels).permute(0, 3, 1, 2).contiguous()


def _ways(form: Format, quality: int) -> list[dict[str, Any]]:
    if form == "PNG":
        return [{"optimize": True}]
    if form == "JPEG":
        return [{"quality": quality, "optimize": own} for own in (False, True)]
    return [{"quality": quality}]


def _saved(images: Tensor, form: Format, named: dict[str, Any]) -> Iterator[bytes]:
    from PIL import Image  # slow to import

    for pixels in images.permute(0, 2, 3, 1).numpy():
        file = BytesIO()
        Image.fromarray(pixels[..., 0] if pixels.shape[2] == 1 else pixels).save(
            file, form, **named
        )
        yield file.getvalue()
