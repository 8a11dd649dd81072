"""Whether the code keeps apart what the images were made from, where that is known."""

from __future__ import annotations

import torch
from torch import Tensor

from aecore.metrics.dci import dci
from aecore.metrics.factor_vae_score import factor_vae_score
from aecore.metrics.mig import mig
from aecore.metrics.modularity import modularity
from aecore.metrics.sap import sap
from aecore.runs.judging.subject import Found, Measure, Scores, Subject

MOST = 2000
"""Images that are looked at."""


def _factors(subject: Subject) -> Tensor:
    """Of the images of the sample, (m, f): those factors that vary in it."""
    rows = subject.rows(subject.split, MOST)
    columns = [values[rows] for values in subject.data.factors.values()]
    return torch.stack([column for column in columns if len(column.unique()) > 1], 1)


def _has_factors(subject: Subject) -> bool:
    """With one number of the code, or one factor, nothing can be kept apart."""
    model = subject.model
    numbers = model.code_size - model.label_size if model.has_code else 0
    return numbers > 1 and len(subject.data.factors) > 1 and _factors(subject).shape[1] > 1


def _apart(subject: Subject) -> Found:
    images, _ = subject.sample(subject.split, MOST)
    factors = _factors(subject)
    metrics = _scores(subject, subject.codes(images), factors)
    pca = _scores(subject, torch.as_tensor(subject.pca.encode(images)), factors)
    return Found(metrics, {"pca": pca}, dict.fromkeys(metrics, len(images)))


def _scores(subject: Subject, codes: Tensor, factors: Tensor) -> Scores:
    scores = {"mig": mig(codes, factors)}
    subject.pulse()
    scores["sap"] = sap(codes, factors, subject.seed)
    subject.pulse()
    by_forests = dci(codes, factors, subject.seed)
    subject.pulse()
    return scores | {
        "disentanglement": by_forests.disentanglement,
        "completeness": by_forests.completeness,
        "informativeness": by_forests.informativeness,
        "factor_vae_score": factor_vae_score(codes, factors, seed=subject.seed),
        "modularity": modularity(codes, factors),
    }


FACTORS = Measure("factors in the codes", _has_factors, _apart)
