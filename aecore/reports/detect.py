"""Detect: how well the run, and what is simpler than it, tells odd images from normal ones."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import torch

from aecore.config import Settings, knob
from aecore.datasets import ImageData, open_data
from aecore.detection import Fitted, Method, Scores, Views, methods
from aecore.detection.judge import Judged, judged, lead
from aecore.reports.base import Findings, Follow, Report, Row, reports
from aecore.reports.suspects import LEFT_OUT, suspects_of, views_of
from aecore.runs.inference import LoadedModel
from aecore.runs.store import Run
from aecore.training.batches import HELD_OUT, stream

WORST = 20
"""Images of the highest scores whose pictures are kept, for each score."""
CHUNK = 500
"""Images that are scored at a time."""
OWN = "error"
"""The score that the others are compared with."""


class Normal(NamedTuple):
    """What scores learn from: images that trained, and normal ones that did not."""

    train: Views
    validation: Views


class Sample(NamedTuple):
    """All that scores are made of: what they learn from, and what they are judged on."""

    normal: Normal
    judged: Views


class Scored(NamedTuple):
    """One score of the judged images and of the validation images, and how it was made."""

    kind: type[Method]
    values: Scores
    validation: Scores
    setting: str
    fitted_on: int
    seconds: float


@reports.register("detect")
class Detect(Report):
    """Demonstration 9 of the reference: held-out classes and other data sets as anomalies."""

    title = "Find anomalies"
    idea = "How well the run tells odd images from normal ones, beside neighbours and densities."

    class Config(Settings):
        """Settings of this report."""

        suspects: str = knob(
            LEFT_OUT,
            "What counts as odd: the class that the run never saw (left_out), or the test samples "
            "of another data set, by its name; the image sets, your own (own-…) among them, are "
            "made to fit a run of images.",
        )
        count: int = knob(
            10_000,
            "Test images that are judged at most, those of another data set not counted.",
            low=20,
            high=100_000,
        )
        fit_on: int = knob(
            10_000,
            "Training images that the scores learn from at most; the slow ones take fewer.",
            low=50,
            high=100_000,
        )
        seed: int = knob(
            0, "Which training images these are, the forest's cuts, and the intervals' draws.",
            low=0, high=10**6,
        )  # fmt: skip

    config: Config

    def make(self, run: Run, loaded: LoadedModel, follow: Follow) -> Findings:
        """Score, and judge the scores.

        tables: `scores`, a row each, the best first: figures with 95 % intervals, and by how much
        the ROC-AUC is above that of the reconstruction error;
        arrays: `odd` (n,); for each score its `score:NAME` (n,) and `validation:NAME` (v,);
        `shown` (u,), the rows of the highest scores, and their `originals` and `reconstructions`
        (u, C, H, W).
        """
        data = open_data(run.spec.dataset, run.spec.source, run.spec.splits)
        left_out = run.spec.splits.leave_out
        suspects = suspects_of(data, left_out, self.config.suspects, self.config.count)
        normal = learnt(data, loaded, self.config, within(follow, 0, 0.2))
        views, made = views_of(loaded, suspects.images, within(follow, 0.2, 0.3))
        sample = Sample(normal, views)
        scored = list(self._scored(sample, follow))
        odd = suspects.odd.numpy()
        found = {each.kind.name: judged(each.values, odd, self.config.seed) for each in scored}
        rows = sorted((_row(each, found) for each in scored), key=_area, reverse=True)
        arrays = {f"score:{each.kind.name}": each.values for each in scored}
        arrays |= {f"validation:{each.kind.name}": each.validation for each in scored}
        shown = _worst(scored)
        pictures = {
            "odd": odd,
            "shown": shown,
            "originals": data.pictures(suspects.images[shown]).numpy(),
            "reconstructions": data.pictures(made[shown]).numpy(),
        }
        scope = {
            "split": "test",
            "n": len(odd),
            "odd": int(odd.sum()),
            "what is odd": suspects.title,
            "validation images": len(normal.validation),
        }
        return Findings(scope, {"scores": rows}, {**arrays, **pictures})

    def _scored(self, sample: Sample, follow: Follow) -> Iterator[Scored]:
        chosen = [kind for kind in methods.values() if _fits(kind, sample)]
        for index, kind in enumerate(chosen):
            share = 0.3 + 0.7 * index / len(chosen)
            doing = kind.title
            follow(share, doing)
            start = time.perf_counter()
            fitted, count = fit(kind, sample.normal, self.config.seed)
            parts = []
            for views in (sample.judged, sample.normal.validation):
                scores = []
                for first in range(0, len(views), CHUNK):
                    follow(share, doing)
                    scores.append(fitted.score(views.part(slice(first, first + CHUNK))))
                parts.append(np.concatenate(scores))
            seconds = time.perf_counter() - start
            yield Scored(kind, parts[0], parts[1], fitted.setting, count, seconds)


def within(follow: Follow, low: float, high: float) -> Follow:
    """Tells from 0 to 1 how a part of the work goes, which is this stretch of the whole."""
    return lambda share, doing: follow(low + (high - low) * share, doing)


def learnt(data: ImageData, loaded: LoadedModel, config: Detect.Config, follow: Follow) -> Normal:
    """The images of a run that scores learn from."""
    train = data.splits["train"]
    generator = torch.Generator().manual_seed(stream(config.seed, HELD_OUT, 3))
    rows = train[torch.randperm(len(train), generator=generator)[: config.fit_on]]
    validation = data.part("validation", config.count)
    views = [
        views_of(loaded, data.images[rows], within(follow, 0, 0.5))[0],
        views_of(loaded, validation, within(follow, 0.5, 1))[0],
    ]
    return Normal(*views)


def fit(kind: type[Method], normal: Normal, seed: int) -> tuple[Fitted, int]:
    """A score that has learnt, and from how many images."""
    known = normal.train.part(slice(0, kind.most))
    return kind().fit(known, normal.validation, seed), len(known)


def _fits(kind: type[Method], sample: Sample) -> bool:
    return sample.normal.train.codes is not None or not kind.needs_code


def _worst(scored: list[Scored]) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    rows = [np.argsort(-each.values, kind="stable")[:WORST] for each in scored]
    return np.unique(np.concatenate(rows))


def _area(row: Row) -> float:
    return float(row["ROC-AUC"] or 0)


def _row(scored: Scored, found: dict[str, Judged]) -> Row:
    own = found[scored.kind.name]
    ahead = lead(own, found[OWN])
    return {
        "name": scored.kind.name,
        "score": scored.kind.title,
        "made by": "this run" if scored.kind.of_run else "classical",
        "ROC-AUC": own.roc_auc.value,
        "ROC-AUC low": own.roc_auc.low,
        "ROC-AUC high": own.roc_auc.high,
        "average precision": own.average_precision.value,
        "average precision low": own.average_precision.low,
        "average precision high": own.average_precision.high,
        "prevalence": own.prevalence,
        "ahead of the error": ahead.value,
        "ahead low": ahead.low,
        "ahead high": ahead.high,
        "fitted on": scored.fitted_on,
        "setting": scored.setting,
        "seconds": round(scored.seconds, 3),
    }
