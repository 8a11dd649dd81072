"""Structural similarity: whether two images agree in brightness, contrast and pattern.

In each window, SSIM = (2 μx μy + C1)(2 σxy + C2) / ((μx² + μy² + C1)(σx² + σy² + C2)) with
C1 = 0.01², C2 = 0.03² for pixels from 0 to 1, and the mean over all windows that lie inside the
image, then over its channels (Wang, Bovik, Sheikh and Simoncelli 2004; scikit-image's).
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from aecore.errors import InputError
from aecore.metrics.reconstruction import check_shapes

GAUSSIAN = 11
UNIFORM = 7
"""Width of the smaller window, and of the smallest image that has a SSIM."""


def ssim_per_image(x_hat: Tensor, x: Tensor) -> Tensor:
    """SSIM of each image, −1 to 1 and 1 for a copy: (n,) float64.

    The windows are the paper's, 11 × 11 and Gaussian with a deviation of 1.5 pixels. Images with
    a side shorter than 11 have a plain 7 × 7 window instead: figures of the two kinds must not be
    compared. x_hat is taken as it is, also where it leaves [0, 1].

    Args:
        x_hat, x: (n, C, H, W) float of the same shape; x in [0, 1]; H and W of at least 7.

    Raises InputError where the shapes differ or the images are too small.
    """
    from skimage.metrics import structural_similarity  # slow to import

    check_shapes(x_hat, x)
    side = min(x.shape[-2:])
    if not has_ssim(x):
        raise InputError(
            f"An image with a side of {side} pixels has no SSIM; take one of at least {UNIFORM}."
        )
    windows = {"gaussian_weights": True, "sigma": 1.5} if side >= GAUSSIAN else {"win_size": 7}
    pairs = zip(x_hat.double().numpy(), x.double().numpy(), strict=True)
    values = [
        structural_similarity(
            made, true, data_range=1, channel_axis=0, use_sample_covariance=False, **windows
        )
        for made, true in pairs
    ]
    return torch.from_numpy(np.array(values, dtype=np.float64))


def has_ssim(images: Tensor) -> bool:
    """Whether images (n, C, H, W) are large enough for the smaller window."""
    return min(images.shape[-2:]) >= UNIFORM
