"""Data to pictures: pure functions, no Streamlit."""

from __future__ import annotations

from typing import Any

import numpy as np
from torch import Tensor

Picture = np.ndarray[Any, np.dtype[np.uint8]]


def strip(images: Tensor, columns: int, cell: int = 56, gap: int = 4) -> Picture:
    """Images (n, C, H, W) uint8 in a grid, enlarged without smoothing: (height, width, 4).

    The gaps are transparent, so that the grid suits light and dark pages.
    """
    n, channels, height, width = images.shape
    zoom = max(1, round(cell / max(height, width)))
    rows = -(-n // columns)
    tall, wide = height * zoom + gap, width * zoom + gap
    canvas = np.zeros((rows * tall - gap, columns * wide - gap, 4), np.uint8)
    for index, image in enumerate(images.numpy()):
        top, left = (index // columns) * tall, (index % columns) * wide
        pixels = image.transpose(1, 2, 0).repeat(zoom, 0).repeat(zoom, 1)
        canvas[top : top + height * zoom, left : left + width * zoom, :3] = pixels
        canvas[top : top + height * zoom, left : left + width * zoom, 3] = 255
    return canvas
