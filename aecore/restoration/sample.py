"""Damaged images beside the clean ones, and what counts in a restoration of them.

What was not taken away earns nobody anything: holes are judged by the pixels in them, colours
without the brightness, which is still there. Where all pixels are off, all of them count.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from aecore.corruptions.base import Task
from aecore.corruptions.grey import luminance
from aecore.errors import InputError
from aecore.metrics.reconstruction import decibels, psnr_per_image
from aecore.restoration.base import Restorer

FAINTEST = 0.5 / 255
"""A colour is told from grey where it is at least half a step of a byte off."""


@dataclass(frozen=True)
class Sample:
    """Images (n, C, H, W) float32, as they were and as they were found.

    clean is in [0, 1]; seen may leave it where the corruption does;
    taken: (n, 1, H, W) bool, the pixels that were taken away; only for the task "fill".
    """

    task: Task
    clean: Tensor
    seen: Tensor
    taken: Tensor | None = None

    def given(self, method: Restorer) -> Tensor:
        """What a method is given to restore."""
        if self.taken is None or not method.marked:
            return self.seen
        return self.seen.masked_fill(self.taken, torch.nan)

    @property
    def lost(self) -> Tensor:
        """Which images have lost anything that can be judged: (n,) bool."""
        if self.taken is not None:
            return self.taken.flatten(1).any(1)
        if self.task == "colour":
            return chroma(self.clean).abs().flatten(1).amax(1) > FAINTEST
        return torch.ones(len(self.clean), dtype=torch.bool)

    def score(self, made: Tensor) -> Tensor:
        """PSNR in dB of restored images (n, C, H, W), after they are cut to [0, 1]: (m,) float64.

        m is n, or less where some images have lost nothing; they are left out. Errors of colours
        are those of the pixels minus their luminance.

        Raises InputError where no image has lost anything.
        """
        kept = self.lost
        if not kept.any():
            raise InputError(
                "These images have lost nothing that could be restored; choose a higher level, or "
                "another corruption."
            )
        made, clean = made[kept].clamp(0, 1), self.clean[kept]
        if self.taken is not None:
            return _psnr_where(made, clean, self.taken[kept])
        if self.task == "colour":
            made, clean = chroma(made), chroma(clean)
        return psnr_per_image(made, clean)


def chroma(x: Tensor) -> Tensor:
    """What images (n, 3, H, W) are beside their luminance, in the same shape."""
    return x - luminance(x)


def _psnr_where(made: Tensor, clean: Tensor, taken: Tensor) -> Tensor:
    errors = (made.double() - clean.double()).square().mean(1, keepdim=True)
    total = errors.masked_fill(~taken, 0.0).sum((1, 2, 3))
    return decibels(total / taken.sum((1, 2, 3)))
