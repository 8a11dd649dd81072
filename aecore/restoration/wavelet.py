"""Haar wavelets: small differences between neighbours, at three scales, are taken for noise.

The average of soft thresholding over all shifts of the orthonormal Haar transform (Donoho 1995;
Coifman and Donoho 1995), computed at once as an undecimated transform. Written here since
scikit-image's wavelets need PyWavelets, which the app does not bring.
"""

import torch
from torch import Tensor

from aecore.restoration.base import Restorer, restorers

SCALES = 3


@restorers.register("wavelet")
class Wavelet(Restorer):
    """Soft threshold on all details; the image is mirrored at its edge."""

    title = "Wavelet"
    idea = "Splits the image into averages and differences, and drops the small differences."
    strength = "threshold of the differences"
    strengths = (0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.6, 0.8, 1.0, 1.4)

    def restore(self, damaged: Tensor, strength: float) -> Tensor:
        height, width = damaged.shape[-2:]
        doubled = torch.cat([damaged, damaged.flip(-1)], -1)
        doubled = torch.cat([doubled, doubled.flip(-2)], -2)
        return haar_shrunk(doubled, strength, SCALES)[..., :height, :width].contiguous()


def haar_shrunk(x: Tensor, threshold: float, scales: int, scale: int = 0) -> Tensor:
    """Periodic images (n, C, H, W) after thresholding, averaged over all shifts.

    threshold: of coefficients of the orthonormal transform; 0 gives the image back.
    scale: the one that x holds the averages of, 0 for the image itself.
    """
    if scale == scales:
        return x
    step = 2**scale
    # Averages and half differences are smaller than orthonormal coefficients, by 2 each scale.
    cut = threshold / (2 * step)
    top, bottom = _split(x, step, -2)
    smooth, across = _split(top, step, -1)
    down, corner = _split(bottom, step, -1)
    smooth = haar_shrunk(smooth, threshold, scales, scale + 1)
    across, down, corner = (torch.nn.functional.softshrink(d, cut) for d in (across, down, corner))
    return _join(_join(smooth, across, step, -1), _join(down, corner, step, -1), step, -2)


def _split(x: Tensor, step: int, axis: int) -> tuple[Tensor, Tensor]:
    """Half the sum and half the difference of each pixel and the one `step` further on."""
    other = x.roll(-step, axis)
    return (x + other) / 2, (x - other) / 2


def _join(mean: Tensor, half: Tensor, step: int, axis: int) -> Tensor:
    """The average of the two pictures that `_split` can be undone to."""
    return ((mean + half) + (mean - half).roll(step, axis)) / 2
