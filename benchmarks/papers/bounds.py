"""VAE beside IWAE on MNIST: the order and the gap of Burda, Grosse and Salakhutdinov 2015.

Theirs: 86.76 nats for the VAE and 84.78 for IWAE with 50 codes, after 3,280 epochs on images whose
pixels are drawn anew as black or white in each epoch. Ours train for minutes on grey images, so
that only the order and the gap can be compared: a gap of 1 nat or more is what is to reach.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, cast

import torch

from aecore.metrics.likelihood import active_units, negative_log_likelihood
from aecore.models.variational import Variational
from benchmarks.papers.fit import Fitted, fit
from benchmarks.papers.rows import Row

NAME = "VAE and IWAE, one stochastic layer of 50"
SOURCE = "Burda et al. 2015; the gap that a run of minutes can show"
CODE = 50
DRAWS = {"VAE": 1, "IWAE, K = 5": 5, "IWAE, K = 50": 50}
FULL = {"width": 200, "depth": 2, "activation": "tanh", "epochs": 40, "batch_size": 128}
SHORT = {"width": 200, "depth": 2, "epochs": 3, "train_limit": 6000, "batch_size": 64}
IMAGES = 1000
SAMPLES = 1000
GAP = 1.0
MEASURE = "NLL in nats (grey pixels)"


def run(*, short: bool = False) -> Iterator[Row]:
    """NLL and active units of each, and the gap between the first and the last."""
    likelihoods: list[float] = []
    minutes = 0.0
    for method, draws in list(DRAWS.items())[:: 2 if short else 1]:
        fitted = _fitted(draws, short=short)
        likelihoods.append(_nll(fitted, short=short))
        minutes += fitted.minutes
        told = fitted.settings, fitted.minutes
        units = active_units(fitted.codes(fitted.data.part("test")))
        yield Row(NAME, method, MEASURE, "lower", likelihoods[-1], None, SOURCE, *told)
        yield Row(NAME, method, "active units", "higher", units, None, SOURCE, *told)
    gap = likelihoods[0] - likelihoods[-1]
    settings = f"NLL by {100 if short else SAMPLES} samples an image"
    yield Row(
        NAME, "VAE minus IWAE, K = 50", MEASURE, "higher", gap, GAP, SOURCE, settings, minutes
    )


def _fitted(draws: int, *, short: bool) -> Fitted:
    base: dict[str, Any] = SHORT if short else FULL
    kind = {"variant": "vae"} if draws == 1 else {"variant": "iwae", "draws": draws}
    return fit({"dataset": "mnist", "likelihood": "bce", "latent_dim": CODE, **base, **kind})


def _nll(fitted: Fitted, *, short: bool) -> float:
    images = fitted.data.part("test", 100 if short else IMAGES) / 255
    generator = torch.Generator().manual_seed(0)
    model = cast("Variational[Any]", fitted.model)
    draws = 100 if short else SAMPLES
    return negative_log_likelihood(model, images, draws, generator)
