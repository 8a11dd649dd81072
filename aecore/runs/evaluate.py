"""How good a run's model is on images it never saw, beside what plain methods reach there.

mse is the mean over pixels and images of the raw output (not cut to [0, 1]); psnr is the mean of
the images' PSNRs in dB for data range 1, not the PSNR of the mean. The input is clean; a run that
trained on damaged input is judged on that too (denoising_mse, denoising_psnr: the target is the
clean image), beside the damaged input itself as a baseline.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from math import isfinite
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from aecore.corruptions import corruptions
from aecore.datasets import SPLITS, ImageData, Split, open_data
from aecore.errors import InputError
from aecore.metrics.pca import fit_pca
from aecore.metrics.reconstruction import decibels, mse_per_image
from aecore.runs.files import write_json
from aecore.runs.inference import LoadedModel, load_model, reconstructions
from aecore.runs.store import Run

VERSION = 1
"""Of what the numbers mean: results of another version are computed anew."""

Scores = dict[str, float]


def evaluate(run: Run, split: Split = "test", seed: int = 0) -> dict[str, Any]:
    """Judge the newest saved model of a run.

    Args:
        split: which images to judge it on.
        seed: fixes the damage of the denoising scores; nothing else is random.

    Returns {"run", "split", "n", "seed", "metrics": {"mse", "psnr"}, "baselines": {"pca": the
    same}}, and for a run with a corruption also the metrics "denoising_mse" and
    "denoising_psnr" and the baseline "noisy_input" with these two. PCA keeps as many numbers as
    the code, and is left out where there is no code. The result is kept in the run's folder until
    there is a newer checkpoint.

    Raises InputError where nothing is saved yet, or DataUnavailable where the data set is gone.
    """
    if split not in SPLITS:
        raise InputError(f"There is no split {str(split)[:40]!r}; choose {', '.join(SPLITS)}.")
    loaded = load_model(run)
    result = known(run, loaded, split, seed)
    if result is None:
        result = _evaluate(run, loaded, split, seed)
        write_json(_place(run, split, seed), {**_key(loaded), "result": result})
    return result


def known(
    run: Run, loaded: LoadedModel, split: Split = "test", seed: int = 0
) -> dict[str, Any] | None:
    """What `evaluate` would return, if it has been measured already; else None, at once."""
    return _cached(_place(run, split, seed), _key(loaded))


def kept_psnr(run: Run) -> float | None:
    """PSNR in dB on the test split as last measured, whatever was saved since; None if never."""
    try:
        kept = json.loads(_place(run, "test", 0).read_bytes())
        return float(kept["result"]["metrics"]["psnr"])
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


def _evaluate(run: Run, loaded: LoadedModel, split: Split, seed: int) -> dict[str, Any]:
    spec = run.spec
    data = open_data(spec.dataset, spec.source, spec.splits)
    images = data.part(split)
    metrics = _clean_scores(loaded, images)
    baselines = {}
    if spec.kind.has_code:
        baselines["pca"] = _pca_scores(data, split, loaded.model.code_size)
    if spec.corruption != "none":
        denoised, noisy = _denoising_scores(run, loaded, images, seed)
        metrics |= denoised
        baselines["noisy_input"] = noisy
    if not all(isfinite(value) for value in metrics.values()):
        raise InputError(
            f"The model of run {run.id} gives values that are no numbers; train it again with a "
            "smaller learning rate."
        )
    return {
        "run": run.id,
        "split": split,
        "n": len(images),
        "seed": seed,
        "metrics": metrics,
        "baselines": baselines,
    }


def _clean_scores(loaded: LoadedModel, images: Tensor) -> Scores:
    clean = corruptions["none"](corruptions["none"].Config())
    parts = reconstructions(loaded.model, images, clean, 0)
    return _scores(mse_per_image(made, target) for target, _, made in parts)


def _denoising_scores(
    run: Run, loaded: LoadedModel, images: Tensor, seed: int
) -> tuple[Scores, Scores]:
    """Scores of the model and of its input, both against the clean images."""
    made_errors, seen_errors = [], []
    corruption = run.spec.make_corruption()
    for target, seen, made in reconstructions(loaded.model, images, corruption, seed):
        made_errors.append(mse_per_image(made, target))
        seen_errors.append(mse_per_image(seen, target))
    return _scores(made_errors, "denoising_"), _scores(seen_errors, "denoising_")


def _pca_scores(data: ImageData, split: Split, components: int) -> Scores:
    pca = fit_pca(data.part("train"), components)
    return _scores(mse_per_image(made, x) for x, made in pca.chunks(data.part(split)))


def _scores(errors: Iterable[Tensor], prefix: str = "") -> Scores:
    mse = torch.cat(list(errors))
    return {f"{prefix}mse": float(mse.mean()), f"{prefix}psnr": float(decibels(mse).mean())}
