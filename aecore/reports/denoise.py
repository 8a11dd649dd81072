"""Denoise: a run's restorations beside those of classical methods, on the same damaged images."""

from __future__ import annotations

import time
from typing import Any

from torch import Tensor

from aecore.metrics.ssim import has_ssim, ssim_per_image
from aecore.reports.base import Findings, Follow, Report, reports
from aecore.reports.damaged import (
    DamageConfig,
    Trial,
    corruption_of,
    quality,
    ticking,
    with_interval,
)
from aecore.restoration import restorers
from aecore.runs.inference import LoadedModel
from aecore.runs.store import Run
from aecore.training.snapshots import to_bytes

SHOWN = 8
CHUNK = 32
"""Images between two looks at whether the report is still wanted."""


@reports.register("denoise")
class Denoise(Report):
    """PSNR and SSIM of every method over the test images, with 95 % intervals.

    Every image is cut to [0, 1] before it is compared, since some methods leave that range.
    Tables: methods (the damaged images first, then the run). Arrays: the first 8 images as
    "clean", "input", "run" and by the method's name, uint8.
    """

    title = "Restoring"
    idea = "Measures how well the run undoes a damage, beside the best that filters can do."

    class Config(DamageConfig):
        """Which damage, on how many images."""

    config: Config

    def make(self, run: Run, loaded: LoadedModel, follow: Follow) -> Findings:
        asked = self.config
        corruption = corruption_of(run.spec, asked.corruption, asked.level)
        trial = Trial.of(run, corruption, asked.noise_seed, asked.count)
        before = time.perf_counter()
        clean, seen, made = trial.restored(loaded, ticking(follow, 0.0, "the run"))
        seconds = time.perf_counter() - before
        rows = [
            _row("input", "Damaged images", seen, clean),
            {**_row("run", "This run", made, clean), "seconds": seconds},
        ]
        images = {"clean": clean, "input": seen, "run": made}
        for index, (name, kind) in enumerate(restorers.items()):
            tick = ticking(follow, (1 + index) / (1 + len(restorers)), kind.title)
            row, images[name] = _measured(trial, name, (clean, seen), tick)
            rows.append(row)
        shown = {name: to_bytes(batch[:SHOWN]).numpy() for name, batch in images.items()}
        return Findings(trial.scope(), {"methods": rows}, shown)


def _measured(
    trial: Trial, name: str, pair: tuple[Tensor, Tensor], tick: Any
) -> tuple[dict[str, Any], Tensor]:
    """What one classical method reaches, and its images."""
    clean, seen = pair
    chosen = trial.chosen(name, tick)
    before = time.perf_counter()
    made = seen.clone()
    for start in range(0, len(seen), CHUNK):
        tick()
        made[start : start + CHUNK] = chosen.restore(seen[start : start + CHUNK])
    seconds = time.perf_counter() - before
    meaning = chosen.method.strength
    told = {"strength": chosen.strength if meaning else None, "meaning": meaning}
    return {**_row(name, chosen.method.title, made, clean), **told, "seconds": seconds}, made


def _row(name: str, title: str, made: Tensor, clean: Tensor) -> dict[str, Any]:
    """A line of the table, with nothing yet where only a classical method has something."""
    similar = ssim_per_image(made.clamp(0, 1), clean) if has_ssim(clean) else None
    return {
        "method": name,
        "title": title,
        **with_interval("psnr", quality(made, clean)),
        **with_interval("ssim", similar),
        "strength": None,
        "meaning": "",
        "seconds": None,
    }
