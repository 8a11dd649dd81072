"""Images read at places between their pixels, for corruptions that move things."""

import torch
from torch import Tensor
from torch.nn.functional import grid_sample


def pixel_places(x: Tensor) -> tuple[Tensor, Tensor]:
    """Row and column of each pixel, (H, 1) and (1, W), of images (n, C, H, W)."""
    height, width = x.shape[-2:]
    rows = torch.arange(height, dtype=x.dtype, device=x.device)
    columns = torch.arange(width, dtype=x.dtype, device=x.device)
    return rows[:, None], columns[None, :]


def read_at(x: Tensor, rows: Tensor, columns: Tensor, beyond: str) -> Tensor:
    """Images (n, C, H, W) at places (n, H, W) in pixels, bilinear.

    beyond: what lies outside of the image, "zeros", or "reflection" at its edge.
    """
    height, width = x.shape[-2:]
    # grid_sample counts from −1 at the left edge of the first pixel to 1 at the end of the last.
    grid = torch.stack([(2 * columns + 1) / width - 1, (2 * rows + 1) / height - 1], -1)
    return grid_sample(x, grid, padding_mode=beyond, align_corners=False)
