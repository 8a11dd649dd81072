"""Denoise: a run's restorations beside those of classical methods, on the same damaged images."""

from __future__ import annotations

import time
from typing import Any

from torch import Tensor

from aecore.corruptions.base import Task
from aecore.datasets.pictures import to_bytes
from aecore.metrics.ssim import has_ssim, ssim_per_image
from aecore.reports.base import Findings, Follow, Report, reports
from aecore.reports.damaged import (
    DamageConfig,
    Trial,
    columns,
    corruption_of,
    ticking,
    with_interval,
)
from aecore.restoration import Sample, restorers, suited
from aecore.runs.inference import LoadedModel
from aecore.runs.store import Run

SHOWN = 8
CHUNK = 32
"""Images between two looks at whether the report is still wanted."""
WITH_SSIM: tuple[Task, ...] = ("denoise", "enlarge")
"""The tasks in which patterns of the whole image are restored."""


@reports.register("denoise")
class Denoise(Report):
    """PSNR and SSIM of every method for the damage over the test images, with 95 % intervals.

    Every image is cut to [0, 1] before it is compared, since some methods leave that range. The
    PSNR of filled holes is that of the pixels in them, and that of colours is taken without the
    luminance, both of the mean error of all images (`Sample.errors`); neither has a SSIM.
    Otherwise PSNR and SSIM are of whole images, and the mean over them.
    Tables: methods (the damaged images first, then the run), `ahead` by how many dB of the run, on
    the same images: what is hard for one is hard for the other, and two intervals that overlap say
    nothing about their difference. Arrays: the first 8 images as "clean", "input", "run" and by
    the method's name, uint8.
    """

    version = 3

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
        sample, made = trial.restored(loaded, ticking(follow, 0.0, "the run"))
        seconds = time.perf_counter() - before
        rows = [
            _row("input", "Damaged images", sample, sample.seen, made),
            {**_row("run", "This run", sample, made), "seconds": seconds},
        ]
        images = {"clean": sample.clean, "input": sample.seen, "run": made}
        names = suited(corruption.task)
        for index, name in enumerate(names):
            tick = ticking(follow, (1 + index) / (1 + len(names)), restorers[name].title)
            row, images[name] = _measured(trial, name, sample, made, tick)
            rows.append(row)
        shown = {name: to_bytes(batch[:SHOWN]).numpy() for name, batch in images.items()}
        scope = {**trial.scope(), "scored": int(sample.lost.sum())}
        return Findings(scope, {"methods": rows}, shown)


def _measured(
    trial: Trial, name: str, sample: Sample, of_run: Tensor, tick: Any
) -> tuple[dict[str, Any], Tensor]:
    """What one classical method reaches beside the run's images, and its own images."""
    chosen = trial.chosen(name, tick)
    before = time.perf_counter()
    given = sample.given(chosen.method)
    made = given.clone()
    for start in range(0, len(given), CHUNK):
        tick()
        made[start : start + CHUNK] = chosen.restore(given[start : start + CHUNK])
    seconds = time.perf_counter() - before
    meaning = chosen.method.strength
    told = {"strength": chosen.strength if meaning else None, "meaning": meaning}
    row = _row(name, chosen.method.title, sample, made, of_run)
    return {**row, **told, "seconds": seconds}, made


def _row(
    name: str, title: str, sample: Sample, made: Tensor, of_run: Tensor | None = None
) -> dict[str, Any]:
    """A line of the table, with nothing yet where only a classical method has something."""
    similar = None
    if sample.task in WITH_SSIM and has_ssim(made):
        similar = ssim_per_image(made.clamp(0, 1), sample.clean)
    return {
        "method": name,
        "title": title,
        **columns("psnr", sample.psnr(made)),
        **with_interval("ssim", similar),
        **columns("ahead", None if of_run is None else sample.gain(made, of_run)),
        "strength": None,
        "meaning": "",
        "seconds": None,
    }
