"""How good a run's model is on images it never saw, beside what plain methods reach there.

Reconstructions are judged as the model gives them, not cut to [0, 1], and their PSNR is the mean
of the images' own, not the PSNR of the mean. The input is clean; a run that trained on damaged
input is judged on that too (denoising_mse, denoising_psnr: the target is the clean image), beside
the damaged input itself. What else is measured depends on what the model can do: see
`aecore.runs.judging`, and `aecore.metrics.descriptions` for what each figure says.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict
from math import isfinite
from pathlib import Path
from typing import Any

from aecore.datasets import SPLITS, Split, open_data
from aecore.errors import InputError
from aecore.runs.files import write_json
from aecore.runs.inference import LoadedModel, load_model
from aecore.runs.judging import ALL, Found, Subject
from aecore.runs.store import Run

VERSION = 2
"""Of what the numbers mean: results of another version are computed anew."""

Report = Callable[[str, float], None]
"""Told what is being measured and the share of measures that are done; raise from it to cancel."""


def evaluate(
    run: Run, split: Split = "test", seed: int = 0, report: Report | None = None
) -> dict[str, Any]:
    """Judge the newest saved model of a run.

    Args:
        split: which images to judge it on.
        seed: fixes all that is drawn: the damage of the denoising scores, which images the slower
            measures take, and the draws of a posterior.
        report: called before each measure, and every few images while one goes on.

    Returns {"run", "split", "n": images of the split, "seed", "metrics": {name: value},
    "baselines": {name: {the same metrics}}, "counts": {metric: images, for those that look at a
    sample of at most so many}, "per_dimension": {"kl": one value an axis of the code, in the
    variational family}}.
    Baselines: "pca" with as many numbers as the code, "noisy_input", and "pixels" for classes told
    from the images themselves. A measure that makes no sense for this model or these images is
    left out. The result is kept in the run's folder until there is a newer checkpoint.

    Raises InputError where nothing is saved yet, or DataUnavailable where the data set is gone.
    """
    if split not in SPLITS:
        raise InputError(f"There is no split {str(split)[:40]!r}; choose {', '.join(SPLITS)}.")
    loaded = load_model(run)
    result = known(run, loaded, split, seed)
    if result is None:
        result = _evaluate(run, loaded, split, seed, report)
        write_json(_place(run, split, seed), {**_key(loaded), "result": result})
    return result


def known(
    run: Run, loaded: LoadedModel, split: Split = "test", seed: int = 0
) -> dict[str, Any] | None:
    """What `evaluate` would return, if it has been measured already; else None, at once."""
    return _cached(_place(run, split, seed), _key(loaded))


def kept_score(run: Run) -> float | None:
    """How well the test split was copied as last measured, whatever was saved since.

    The PSNR of images in dB, the explained variance of what is no image; None if never measured.
    """
    try:
        kept = json.loads(_place(run, "test", 0).read_bytes())
        metrics = kept["result"]["metrics"]
        return float(metrics["psnr"] if "psnr" in metrics else metrics["explained_variance"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _place(run: Run, split: Split, seed: int) -> Path:
    return run.folder / f"evaluation-{split}-{int(seed)}.json"


def _key(loaded: LoadedModel) -> dict[str, Any]:
    return {"version": VERSION, "step": loaded.step, "weights": loaded.fingerprint}


def _cached(path: Path, key: dict[str, Any]) -> dict[str, Any] | None:
    try:
        kept = json.loads(path.read_bytes())
        return dict(kept["result"]) if all(kept[name] == key[name] for name in key) else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _evaluate(
    run: Run, loaded: LoadedModel, split: Split, seed: int, report: Report | None
) -> dict[str, Any]:
    spec = run.spec
    progress = _Progress(report)
    progress.start("the data set", 0.0)
    data = open_data(spec.dataset, spec.source, spec.splits)
    subject = Subject(loaded.model, spec, data, split, seed, progress.again)
    measures = [measure for measure in ALL if measure.applies(subject)]
    found = Found()
    for index, measure in enumerate(measures):
        progress.start(measure.title, index / len(measures))
        found.add(measure.take(subject))
        if not all(isfinite(value) for value in found.metrics.values()):
            raise InputError(
                f"The model of run {run.id} gives values that are no numbers; train it again with "
                "a smaller learning rate."
            )
    numbers = {"run": run.id, "split": split, "n": data.size(split), "seed": seed}
    return {**numbers, **asdict(found)}


class _Progress:
    """Tells again and again what is being measured, so that whoever listens can end it."""

    def __init__(self, report: Report | None) -> None:
        self.report = report
        self.now = "", 0.0

    def start(self, title: str, share: float) -> None:
        """The next measure begins."""
        self.now = title, share
        self.again()

    def again(self) -> None:
        """The measure goes on."""
        if self.report is not None:
            self.report(*self.now)
