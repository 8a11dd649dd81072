"""Our half of a comparison: a TrainingSession with everything that it does in the app.

Timed: making the session, which lays out a code book where there is one, and all of `events()`:
the steps, the loss curve, the checks for numbers that are none, the copies of the last good
weights, about 30 snapshots and the validation after each epoch.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from aecore.datasets import ImageData
from aecore.models import Autoencoder, new_model
from aecore.runs import RunSpec
from aecore.training import Failed, TrainingSession
from benchmarks.clock import timed
from benchmarks.variants.trained import Trained


def fresh(values: dict[str, Any], data: ImageData) -> Autoencoder:
    """The model with its first weights, which the seed among the settings decides."""
    spec = RunSpec.from_flat(values)
    network = spec.make_network(data.shape)
    return new_model(spec.variant, spec.model, network, data.mean, spec.training.seed)


def train(values: dict[str, Any], data: ImageData) -> Trained:
    """Train from flat settings. Raises RuntimeError where the loss stopped being a number."""
    spec = RunSpec.from_flat(values)
    model = fresh(values, data)
    with timed() as clock:
        session = TrainingSession(model, data, spec.make_corruption(), spec.training)
        for event in session.events():
            if isinstance(event, Failed):
                raise RuntimeError(event.message)
    model.cpu().eval()

    def copy(x: Tensor) -> tuple[Tensor, Tensor]:
        code = model.encode(x)
        return code, model.decode(code)

    return Trained(clock.seconds, copy)


def gradients(model: Autoencoder, x: Tensor, seed: int) -> list[Tensor]:
    """Of all terms of one batch, for the weights of encoder and decoder; draws by the seed."""
    torch.manual_seed(seed)
    terms = model.train().loss(x, x)
    total = torch.stack(list(terms.values())).sum()
    return list(torch.autograd.grad(total, halves(model)))


def halves(model: Any) -> list[Tensor]:
    """The weights of encoder and decoder of either side's model."""
    return [*model.encoder.parameters(), *model.decoder.parameters()]
