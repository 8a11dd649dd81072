"""Damaged images beside the clean ones, and what counts in a restoration of them.

What was not taken away earns nobody anything: holes are judged by the pixels in them, colours
without the brightness, which is still there. Where all pixels are off, all of them count.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from aecore.corruptions.base import Task
from aecore.corruptions.grey import luminance
from aecore.errors import InputError
from aecore.metrics.intervals import Interval, bootstrap, mean_interval
from aecore.metrics.reconstruction import decibels, mse_per_image
from aecore.restoration.base import Restorer

POOLED: tuple[Task, ...] = ("fill", "colour")
"""Tasks whose PSNR is that of the mean error of the images, not the mean of theirs: what is taken
from an image may by chance be black or grey anyway, and would then count as 100 dB of success."""


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
        """Which images have lost anything: (n,) bool; the others are not judged."""
        if self.taken is None:
            return torch.ones(len(self.clean), dtype=torch.bool)
        return self.taken.flatten(1).any(1)

    def errors(self, made: Tensor) -> Tensor:
        """Mean squared error of what was taken from each image that lost anything: (m,) float64.

        Images (n, C, H, W) are cut to [0, 1] before. Errors of colours are those of the pixels
        minus their luminance.

        Raises InputError where no image has lost anything.
        """
        kept = self.lost
        if not kept.any():
            raise InputError(
                "No pixel of these images was taken away; choose a higher level, or another "
                "corruption."
            )
        made, clean = made[kept].clamp(0, 1), self.clean[kept]
        if self.taken is not None:
            return _mse_where(made, clean, self.taken[kept])
        if self.task == "colour":
            made, clean = chroma(made), chroma(clean)
        return mse_per_image(made, clean)

    def psnr(self, made: Tensor) -> Interval:
        """PSNR in dB of restored images, with its 95 % interval over images; see `errors`."""
        errors = self.errors(made)
        if self.task not in POOLED:
            return mean_interval(decibels(errors).numpy())
        value, low, high = mean_interval(errors.numpy())
        ends = torch.tensor([value, high, low], dtype=torch.float64)  # less error is more dB
        return Interval(*decibels(ends).tolist())

    def gain(self, made: Tensor, over: Tensor | None = None) -> Interval:
        """How many dB closer restored images are than others, image by image; see `psnr`.

        over: (n, C, H, W), the damaged ones by default.
        """
        before, after = self.errors(self.seen if over is None else over), self.errors(made)
        if self.task not in POOLED:
            return mean_interval((decibels(after) - decibels(before)).numpy())
        return bootstrap(_pooled_gain, before.numpy(), after.numpy())


def chroma(x: Tensor) -> Tensor:
    """What images (n, 3, H, W) are beside their luminance, in the same shape."""
    return x - luminance(x)


def _mse_where(made: Tensor, clean: Tensor, taken: Tensor) -> Tensor:
    errors = (made.double() - clean.double()).square().mean(1, keepdim=True)
    total = errors.masked_fill(~taken, 0.0).sum((1, 2, 3))
    return total / taken.sum((1, 2, 3))


def _pooled_gain(before: NDArray[Any], after: NDArray[Any]) -> float:
    worse, better = decibels(torch.from_numpy(np.array([before.mean(), after.mean()])))
    return float(better - worse)
