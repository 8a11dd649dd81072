"""Samples as PNG files in base64, for who looks at files before they are taken in."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from io import BytesIO

from torch import Tensor

from aecore.datasets.pictures import pictures
from aecore.samples import Column, Kind


def previews(samples: Tensor, kind: Kind, columns: Sequence[Column] = ()) -> list[str]:
    """Each of the samples (n, C, H, W), on their common scale, as a PNG in base64."""
    return [_png(picture) for picture in pictures(samples, kind, columns)]


def _png(picture: Tensor) -> str:
    from PIL import Image

    pixels = picture.permute(1, 2, 0).numpy()
    image = Image.fromarray(pixels[:, :, 0] if pixels.shape[2] == 1 else pixels)
    file = BytesIO()
    image.save(file, "PNG")
    return base64.b64encode(file.getvalue()).decode("ascii")
