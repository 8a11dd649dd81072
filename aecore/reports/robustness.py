"""Robustness: what runs gain on each kind of damage, trained on it or not."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from aecore.corruptions import corruptions
from aecore.errors import InputError
from aecore.reports.base import Findings, Follow, Report, reports
from aecore.reports.damaged import (
    KINDS,
    SampleConfig,
    Trial,
    columns,
    level_of,
    ticking,
)
from aecore.runs.inference import LoadedModel
from aecore.runs.store import Run


@reports.register("robustness")
class Robustness(Report):
    """Gain in dB of each run over the damaged images, for each corruption at its default level.

    Counted as in `denoise`. Corruptions by which these images lose nothing are left out.
    All runs must be of the same images with the same splits, or one run's test image would be
    another's training image. Table: gains, one row a run and corruption; `psnr` is that of
    the restored images, `gain` how much more that is than the damaged ones have.
    """

    title = "Trained on one damage, tested on another"
    idea = "Measures what runs gain on kinds of damage that they were not trained on."

    version = 2

    class Config(SampleConfig):
        """On how many images."""

    config: Config

    def make(self, run: Run, loaded: LoadedModel, follow: Follow) -> Findings:
        runs = ((run, loaded), *self.beside)
        check_same_images(run, [other for other, _ in self.beside])
        rows: list[dict[str, Any]] = []
        total = len(runs) * len(KINDS)
        for index, (one, its_model) in enumerate(runs):
            for other, name in enumerate(KINDS):
                done = (index * len(KINDS) + other) / total
                tick = ticking(follow, done, corruptions[name].title)
                rows += self._rows(one, its_model, name, tick)
        scope = {"split": "test", "n": rows[0]["n"], "noise_seed": self.config.noise_seed}
        return Findings(scope, {"gains": rows})

    def _rows(self, run: Run, loaded: LoadedModel, name: str, tick: Any) -> list[dict[str, Any]]:
        """The row of a run and a corruption; none where the images have nothing to lose by it."""
        source = run.spec.make_source()
        corruption = corruptions[name](corruptions[name].Config()).on(source.kind)
        if not corruption.fits(source.shape, source.kind):
            return []
        trial = Trial.of(run, corruption, self.config.noise_seed, self.config.count)
        sample, made = trial.restored(loaded, tick)
        if not sample.lost.any():
            return []
        row = {
            "run": run.id,
            "trained_on": run.spec.corruption,
            "tested_on": name,
            "level": level_of(corruption),
            **columns("gain", sample.gain(made)),
            "psnr": sample.psnr(made).value,
            "n": trial.count,
        }
        return [row]


def check_same_images(run: Run, others: Sequence[Run]) -> None:
    """Raises InputError where one run's test image could be another's training image."""
    for other in others:
        if not same_images(run, other):
            raise InputError(
                f"Run {other.id} was trained on other images or other splits than {run.id}; "
                "choose runs of the same data set, options and split seed."
            )


def same_images(run: Run, other: Run) -> bool:
    """Whether two runs were trained and tested on the same images."""
    ours, theirs = run.spec, other.spec
    return (ours.dataset, ours.source, ours.splits.split_seed) == (
        theirs.dataset,
        theirs.source,
        theirs.splits.split_seed,
    )
