"""Periodic signals whose making is known: time series that need no upload."""

from __future__ import annotations

from collections.abc import Callable
from math import pi

import torch
from torch import Tensor

from aecore.config import Settings, knob
from aecore.datasets.base import DataSource, datasets
from aecore.datasets.splits import HELD_OUT_SHARE, Pool
from aecore.samples import Column

STEPS = 64
"""Of a window, which lasts one unit of time."""
FREQUENCY = (1.0, 4.0)
"""Periods in a window, the lowest and the highest."""
AMPLITUDE = (0.5, 1.5)


@datasets.register("waves")
class Waves(DataSource):
    """Windows of sine, square, triangle and saw waves of random frequency, phase and amplitude."""

    kind = "series"
    title = "Waves (time series)"
    summary = (
        "Short windows of sine, square, triangle and saw waves of known frequency, phase and "
        "amplitude. They show what an autoencoder makes of time series."
    )
    licence = "CC0 1.0 (made by this program)"
    suggested = {
        "variant": "autoencoder", "network": "conv", "latent_dim": 8, "batch_size": 64,
        "epochs": 30, "learning_rate": 3e-3, "classes": 4,
    }  # fmt: skip
    classes = ("Sine", "Square", "Triangle", "Saw")
    columns = (Column("signal"),)
    metadata = (Column("frequency"), Column("phase"), Column("amplitude"))
    shape = (1, 1, STEPS)

    class Config(Settings):
        wave_count: int = knob(
            2000, "How many windows are made.", low=100, high=100_000, log=True, label="Windows"
        )
        wave_noise: float = knob(
            0.05, "Standard deviation of the noise on each step.", low=0, high=1, label="Noise"
        )
        wave_seed: int = knob(0, "Which windows are made.", low=0, high=10**6)

    config: Config

    @property
    def train_size(self) -> int:
        """What `base.split` leaves."""
        return self.config.wave_count - 2 * round(HELD_OUT_SHARE * self.config.wave_count)

    def read(self) -> Pool:
        """Draw them: (n, 1, 1, STEPS), every shape as often; phases as shares of a period."""
        generator = torch.Generator().manual_seed(self.config.wave_seed)
        count = self.config.wave_count
        u = torch.rand(count, 3, generator=generator, dtype=torch.float64)
        frequency, amplitude = _between(u[:, 0], FREQUENCY), _between(u[:, 2], AMPLITUDE)
        phase, label = u[:, 1], torch.arange(count) % len(self.classes)
        time = torch.arange(STEPS, dtype=torch.float64) / STEPS
        periods = frequency[:, None] * time + phase[:, None]
        shapes = torch.stack([wave(periods) for wave in WAVES])
        exact = amplitude[:, None] * shapes[label, torch.arange(count)]
        noise = torch.randn(count, STEPS, generator=generator, dtype=torch.float64)
        signal = (exact + self.config.wave_noise * noise).float()
        known = {"frequency": frequency.float(), "phase": phase.float()}
        known["amplitude"] = amplitude.float()
        return Pool(signal[:, None, None, :].contiguous(), label, None, {}, known)


def _between(share: Tensor, ends: tuple[float, float]) -> Tensor:
    return ends[0] + (ends[1] - ends[0]) * share


def _saw(periods: Tensor) -> Tensor:
    """From -1 up to 1 in each period."""
    return 2 * (periods - periods.floor()) - 1


WAVES: tuple[Callable[[Tensor], Tensor], ...] = (
    lambda periods: (2 * pi * periods).sin(),
    lambda periods: torch.where(_saw(periods) < 0, 1.0, -1.0),
    lambda periods: 1 - 2 * _saw(periods).abs(),
    _saw,
)
"""Each takes time in periods and has values from -1 to 1, in the order of the classes."""
