"""Samples as PNG files in base64, for who looks at files before they are taken in."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from io import BytesIO
from typing import TYPE_CHECKING

from aecore.samples import Column, Kind

if TYPE_CHECKING:
    from torch import Tensor

SHOWN = 8


def previews(samples: Tensor, kind: Kind, columns: Sequence[Column]) -> list[str]:
    """The first samples (n, C, H, W) as PNG files in base64, on the scale of all that are given.

    The samples are changed in place.
    """
    import torch  # slow to import

    from aecore.datasets.pictures import pictures
    from aecore.datasets.scaling import scaled

    known, columns = scaled(samples, torch.arange(len(samples)), kind, columns)
    return [_png(picture) for picture in pictures(known[:SHOWN], kind, columns)]


def _png(picture: Tensor) -> str:
    from PIL import Image

    pixels = picture.permute(1, 2, 0).numpy()
    image = Image.fromarray(pixels[:, :, 0] if pixels.shape[2] == 1 else pixels)
    file = BytesIO()
    image.save(file, "PNG")
    return base64.b64encode(file.getvalue()).decode("ascii")
