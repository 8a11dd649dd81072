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

    def score(self, made: Tensor) -> Tensor:
        """PSNR in dB of restored images (n, C, H, W), after they are cut to [0, 1]: (m,) float64.

        m is n, or less where some images have lost no pixel: there is nothing to be judged in
        them. Errors of colours are those of the pixels minus their luminance.

        Raises InputError where no image has lost anything.
        """
        made = made.clamp(0, 1)
        if self.taken is not None:
            return _psnr_where(made, self.clean, self.taken)
        if self.task == "colour":
            return psnr_per_image(made - luminance(made), self.clean - luminance(self.clean))
        return psnr_per_image(made, self.clean)


def _psnr_where(made: Tensor, clean: Tensor, taken: Tensor) -> Tensor:
    pixels = taken.sum((1, 2, 3))
    if not pixels.any():
        raise InputError("No pixel of these images was taken away; choose a higher level.")
    errors = (made.double() - clean.double()).square().mean(1, keepdim=True)
    total = errors.masked_fill(~taken, 0.0).sum((1, 2, 3))
    return decibels((total / pixels)[pixels > 0])
