"""Whether a spec can work at all, and what it will cost: asked before anything starts."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod

import psutil

from aecore.errors import InputError
from aecore.models import empty_model
from aecore.runs.spec import RunSpec

COPIES = 7
"""float32 copies of the weights that training holds: weights, gradients, two moments, the last
good, the best, and the checkpoint under way."""
ROOM = 0.8
"""Share of the free memory that one run may ask for."""


@dataclass(frozen=True)
class Cost:
    """What a spec amounts to; memory in bytes."""

    parameters: int
    code_size: int
    pixels: int
    train_images: int
    steps: int
    memory: int


def check(spec: RunSpec) -> Cost:
    """Count a spec's parameters, steps and memory without allocating any.

    Raises InputError with the reason where the settings cannot work together.
    """
    if spec.kind.needs_corruption and spec.corruption == "none":
        raise InputError(
            f"{spec.kind.title}: choose a corruption; on clean images it is the plain autoencoder."
        )
    source = spec.make_source()
    count = min(spec.splits.train_limit or source.train_size, source.train_size)
    batch = min(spec.training.batch_size, count)
    if batch == 1 and spec.layers.batch_norm and spec.kind.uses_network:
        raise InputError("Batch norm needs at least two images a batch; enlarge the batch size.")
    model = empty_model(spec.variant, spec.model, spec.make_network(source.shape))
    parameters = model.parameter_count()
    pixels = prod(source.shape)
    memory = 4 * COPIES * parameters + count * pixels + 40 * batch * pixels
    _check_memory(memory)
    steps = count // batch * spec.training.epochs
    return Cost(parameters, model.code_size, pixels, count, steps, memory)


def _check_memory(needed: int) -> None:
    free = psutil.virtual_memory().available
    if needed > ROOM * free:
        raise InputError(
            f"These settings need about {needed / 1e9:.1f} GB of memory and {free / 1e9:.1f} GB "
            "are free; choose a smaller width, depth or code size."
        )
