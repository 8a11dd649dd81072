"""How likely a variational model finds images, and which axes of its code it uses."""

from __future__ import annotations

from typing import cast

from torch import Tensor

from aecore.metrics.likelihood import active_units, evidence_bound, negative_log_likelihood
from aecore.models.variational import Posterior, Variational
from aecore.runs.judging.subject import Found, Measure, Subject
from aecore.training.batches import to_float

MOST_IMAGES = 2000
MOST_SAMPLED = 100
DRAWS = 200
"""Papers take 5,000 for every image of the split: closer to the truth, and hours on one core."""
AT_ONCE = 5


def _is_variational(subject: Subject) -> bool:
    model = subject.model
    return isinstance(model, Variational) and isinstance(
        model.posterior(to_float(subject.images[:1])), Posterior
    )


def _likelihood(subject: Subject) -> Found:
    model = cast("Variational", subject.model)  # as `applies` has found
    images, _ = subject.sample(subject.split, MOST_IMAGES)
    bound = evidence_bound(model, to_float(images), subject.generator(2))
    metrics = {
        "elbo": bound.elbo,
        "reconstruction_nats": bound.reconstruction,
        "kl": bound.kl,
        "active_units": float(active_units(subject.codes(images))),
    }
    counts = dict.fromkeys(metrics, len(images))
    few = images[:MOST_SAMPLED]
    metrics["nll"] = _sampled(subject, model, to_float(few))
    counts["nll"] = len(few)
    return Found(metrics, counts=counts, per_dimension={"kl": bound.kl_per_dimension.tolist()})


def _sampled(subject: Subject, model: Variational, images: Tensor) -> float:
    generator = subject.generator(3)
    total = 0.0
    for part in images.split(AT_ONCE):
        subject.pulse()
        total += negative_log_likelihood(model, part, DRAWS, generator) * len(part)
    return total / len(images)


LIKELIHOOD = Measure("likelihood", _is_variational, _likelihood)
