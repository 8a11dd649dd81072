"""How likely a variational model finds images, and which axes of its code it uses."""

from __future__ import annotations

from typing import Any, cast

from torch import Tensor

from aecore.metrics.likelihood import (
    active_units,
    evidence_bound,
    kl_per_dimension,
    negative_log_likelihood,
)
from aecore.models.standard_prior import StandardPrior
from aecore.models.variational import Variational
from aecore.runs.judging.subject import Found, Measure, Subject
from aecore.samples import to_float

MOST_IMAGES = 2000
MOST_SAMPLED = 100
DRAWS = 200
"""Papers take 5,000 for every image of the split: closer to the truth, and hours on one core."""
AT_ONCE = 5


def _likelihood(subject: Subject) -> Found:
    model = cast("Variational[Any]", subject.model)  # as `applies` has found
    images, _ = subject.sample(subject.split, MOST_IMAGES)
    x = to_float(images)
    bound = evidence_bound(model, x, subject.generator(2))
    found = Found({"elbo": bound.elbo, "reconstruction_nats": bound.reconstruction, "kl": bound.kl})
    if isinstance(model, StandardPrior):  # which fixes the scale of the code
        found.metrics["active_units"] = float(active_units(subject.codes(images)))
        found.per_dimension["kl"] = kl_per_dimension(model, x).tolist()
    found.counts = dict.fromkeys(found.metrics, len(images))
    few = x[:MOST_SAMPLED]
    found.metrics["nll"] = _sampled(subject, model, few)
    found.counts["nll"] = len(few)
    return found


def _sampled(subject: Subject, model: Variational[Any], images: Tensor) -> float:
    generator = subject.generator(3)
    total = 0.0
    for part in images.split(AT_ONCE):
        subject.pulse()
        total += negative_log_likelihood(model, part, DRAWS, generator) * len(part)
    return total / len(images)


LIKELIHOOD = Measure(
    "likelihood", lambda subject: isinstance(subject.model, Variational), _likelihood
)
