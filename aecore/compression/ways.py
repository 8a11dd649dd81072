"""The ways to compress that are set beside each other, at several settings each."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import NamedTuple

from torch import Tensor

from aecore.compression.codec import Codec, fit_codec
from aecore.compression.file import Half
from aecore.compression.pictures import can_be_pictures
from aecore.compression.quantise import Codes
from aecore.compression.trials import Trial, coded, pca_decoder, pictured
from aecore.metrics.pca import PcaBaseline

BITS = (1, 2, 3, 4, 5, 6, 8)
QUALITIES = (1, 5, 10, 20, 30, 50, 70, 80, 90, 95)
WIDEST = 256
"""Axes of the PCA that may have more numbers than the code."""


class Way(NamedTuple):
    """A way to compress at one setting, and how to try it."""

    method: str
    setting: str
    tried: Callable[[], Trial]


def learnt_ways(codecs: Sequence[Codec], codes: Codes, decode: Half, images: Tensor) -> list[Way]:
    """The codes (n, d) of images (n, C, H, W) uint8 by each codec."""
    return [
        Way("model", _bits(codec.bits), partial(coded, codec, codes, decode, _shape(images)))
        for codec in codecs
    ]


def pca_ways(pca: PcaBaseline, size: int, train: Tensor, images: Tensor) -> list[Way]:
    """PCA with as many numbers as the code; and with more, all rounded by one step.

    One step for all is what suits axes of equal length best: those that matter little are then
    rounded to nothing, and cost next to nothing.

    Args:
        pca: fitted to the training images, with all axes that are wanted.
        size: numbers of the code.
        train, images: (m or n, C, H, W) uint8: what codecs are fitted on, and what is compressed.
    """

    def way(method: str, axes: Tensor, bits: int, *, one_step: bool) -> Way:
        part = PcaBaseline(pca.mean, axes)

        def tried() -> Trial:
            codec = fit_codec(part.encode(train).numpy(), bits, one_step=one_step)
            decode = pca_decoder(part, _shape(images))
            return coded(codec, part.encode(images).numpy(), decode, _shape(images))

        return Way(method, _bits(bits), tried)

    same = [way("pca", pca.axes[:size], bits, one_step=False) for bits in BITS]
    wide = pca.axes[:WIDEST]
    if len(wide) <= size:
        return same
    return same + [way("pca_wide", wide, bits, one_step=True) for bits in BITS]


def picture_ways(images: Tensor) -> list[Way]:
    """JPEG and WebP at several qualities, and PNG; none for images that are no pictures."""
    if not can_be_pictures(images.shape[1]):
        return []
    ways = [
        Way(form.lower(), f"quality {quality}", partial(pictured, images, form, quality))
        for form in ("JPEG", "WEBP")
        for quality in QUALITIES
    ]
    return [*ways, Way("png", "exact", partial(pictured, images, "PNG"))]


def _bits(bits: int) -> str:
    if bits == 0:
        return "entries of the book"
    return f"{bits} {'bit' if bits == 1 else 'bits'}"


def _shape(images: Tensor) -> tuple[int, int, int]:
    channels, height, width = images.shape[1:]
    return channels, height, width
