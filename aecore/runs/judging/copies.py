"""How close reconstructions come to their images, beside PCA's and beside the damaged input."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from aecore.corruptions import corruptions
from aecore.metrics.reconstruction import (
    bce_above_floor,
    decibels,
    explained_variance,
    mse_per_image,
)
from aecore.metrics.ssim import has_ssim, ssim_per_image
from aecore.runs.judging.subject import Found, Measure, Scores, Subject
from aecore.samples import to_float

MOST_SSIM = 2000
"""scikit-image takes one image at a time."""


def _copying(subject: Subject) -> Found:
    clean = corruptions["none"](corruptions["none"].Config())
    errors, floors = [], []
    binary = subject.model.config.likelihood == "bce"
    for target, _, made in subject.copies(clean):
        errors.append(mse_per_image(made, target))
        if binary:
            floors.append(bce_above_floor(made, target))
    found = Found(_scores(subject, errors) | _explained(subject, errors))
    if binary:
        found.metrics["bce_above_floor"] = float(torch.cat(floors).mean())
    if subject.model.has_code:  # else PCA has no code size to match
        theirs = [mse_per_image(made, x) for x, made in subject.pca.chunks(subject.images)]
        found.baselines["pca"] = _scores(subject, theirs) | _explained(subject, theirs)
    return found


def _explained(subject: Subject, errors: Sequence[Tensor]) -> Scores:
    """R² of samples that are no images; nothing where all of them are the average one."""
    if subject.data.kind == "image":
        return {}
    return explained_variance(torch.cat(list(errors)), subject.images, subject.data.mean)


def _cleaning(subject: Subject) -> Found:
    """Of the model and of its input, both against the clean images."""
    made_errors, seen_errors = [], []
    for target, seen, made in subject.copies(subject.spec.make_corruption()):
        made_errors.append(mse_per_image(made, target))
        seen_errors.append(mse_per_image(seen, target))
    noisy = {"noisy_input": _scores(subject, seen_errors, "denoising_")}
    return Found(_scores(subject, made_errors, "denoising_"), noisy)


def _likeness(subject: Subject) -> Found:
    images, _ = subject.sample(subject.split, MOST_SSIM)
    x = to_float(images)
    ours = float(ssim_per_image(subject.outputs(images), x).mean())
    found = Found({"ssim": ours}, counts={"ssim": len(images)})
    if subject.model.has_code:
        subject.pulse()
        theirs = ssim_per_image(subject.pca.reconstruct(images), x)
        found.baselines["pca"] = {"ssim": float(theirs.mean())}
    return found


def _scores(subject: Subject, errors: Sequence[Tensor], prefix: str = "") -> Scores:
    """The mean error, and of images the PSNR: nothing else has a largest value to measure by."""
    mse = torch.cat(list(errors))
    scores = {f"{prefix}mse": float(mse.mean())}
    if subject.data.kind == "image":
        scores[f"{prefix}psnr"] = float(decibels(mse).mean())
    return scores


COPYING = Measure("copies of clean images", lambda _: True, _copying)
CLEANING = Measure(
    "copies of damaged images", lambda subject: subject.spec.corruption != "none", _cleaning
)
LIKENESS = Measure(
    "likeness",
    lambda subject: subject.data.kind == "image" and has_ssim(subject.images),
    _likeness,
)
