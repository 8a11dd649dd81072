"""Levels: how restorations fare where the damage is weaker or stronger than at the training."""

from __future__ import annotations

from typing import Any

from aecore.config import knobs
from aecore.corruptions import Corruption
from aecore.reports.base import Findings, Follow, Report, reports
from aecore.reports.damaged import (
    DamageConfig,
    Trial,
    columns,
    corruption_of,
    level_of,
    ticking,
)
from aecore.restoration import restorers, suited
from aecore.runs.inference import LoadedModel
from aecore.runs.store import Run

TIMES = (0.25, 0.5, 1.0, 1.5, 2.0)
"""The levels that are tried, as multiples of the one that was asked for."""
LEARN = ("pca", "wiener")
"""What may learn the whole image; of the other methods, the best stands for all."""


@reports.register("levels")
class Levels(Report):
    """PSNR over up to five levels: the damaged images, the run, the Wiener filter, the best filter.

    Counted as in `denoise`. The Wiener filter is computed anew for each level. The best filter is
    the one, of those for the task but PCA and Wiener's, which wins on validation images at the
    middle level; it is fitted anew for each level too. The run is what it is. Levels at which no
    image loses anything are left out. Table: levels, one row a level and method.
    """

    version = 2

    title = "Restoring over the level"
    idea = "Measures how well the run undoes weaker and stronger damage than it was trained on."

    class Config(DamageConfig):
        """Which damage, around which level, on how many images."""

    config: Config

    def make(self, run: Run, loaded: LoadedModel, follow: Follow) -> Findings:
        asked = self.config
        middle = corruption_of(run.spec, asked.corruption, asked.level)
        trial = Trial.of(run, middle, asked.noise_seed, asked.count)
        best = _best_filter(trial, follow)
        tried, rows = levels_around(middle), []
        for index, level in enumerate(tried):
            other = corruption_of(run.spec, middle.name, level)
            here = Trial.of(run, other, asked.noise_seed, asked.count)
            tick = ticking(follow, 0.3 + 0.7 * index / len(tried), f"level {level:g}")
            rows += _rows(here, loaded, best, tick)
        return Findings({**trial.scope(), "best_filter": best}, {"levels": rows})


def levels_around(corruption: Corruption) -> list[float]:
    """Up to five levels that the corruption allows, rising; its own among them."""
    (declared,) = (knob for knob in knobs(type(corruption.config)) if knob.name == "level")
    middle = level_of(corruption) or float(declared.default)
    low, high = float(declared.low or 0), float(declared.high or middle)
    levels = {min(max(times * middle, low), high) for times in TIMES}
    return sorted({round(level) for level in levels} if declared.kind == "int" else levels)


def _best_filter(trial: Trial, follow: Follow) -> str:
    filters = [name for name in suited(trial.corruption.task) if name not in LEARN]
    found = {}
    for index, name in enumerate(filters):
        tick = ticking(follow, 0.3 * index / len(filters), restorers[name].title)
        found[name] = trial.chosen(name, tick).psnr
    return max(found, key=found.__getitem__)


def _rows(trial: Trial, loaded: LoadedModel, best: str, tick: Any) -> list[dict[str, Any]]:
    sample, made = trial.restored(loaded, tick)
    if not sample.lost.any():
        return []
    images = {"input": ("Damaged images", sample.seen), "run": ("This run", made)}
    for name in ("wiener", best):
        chosen = trial.chosen(name, tick)
        images[name] = (chosen.method.title, chosen.restore(sample.given(chosen.method)))
    return [
        {
            "level": level_of(trial.corruption),
            "method": name,
            "title": title,
            **columns("psnr", sample.psnr(batch)),
        }
        for name, (title, batch) in images.items()
    ]
