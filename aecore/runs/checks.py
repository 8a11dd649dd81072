"""Whether a spec can work at all, and what it will cost: asked before anything starts."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod

import psutil

from aecore.corruptions import corruptions
from aecore.errors import InputError
from aecore.models import Autoencoder, empty_model
from aecore.networks import NetworkConfig
from aecore.runs.activations import activation_bytes
from aecore.runs.spec import RunSpec
from aecore.samples import Kind

COPIES = 7
"""float32 copies of the weights that training holds: weights, gradients, two moments, the last
good, the best, and the checkpoint under way."""
CONTEXT = 600_000_000
"""Bytes that CUDA itself takes on a card for each process; an estimate, never measured by us."""
ROOM = 0.8
"""Share of the free memory that one run may ask for."""


@dataclass(frozen=True)
class Cost:
    """What a spec amounts to; memory in bytes, gpu_memory if it trains on a graphics card."""

    parameters: int
    code_size: int
    pixels: int
    train_images: int
    steps: int
    memory: int
    gpu_memory: int = 0


def check(spec: RunSpec) -> Cost:
    """What `estimate` gives. Raises InputError where that is more than is free, too."""
    cost = estimate(spec)
    _check_memory(cost.memory)
    return cost


def estimate(spec: RunSpec) -> Cost:
    """Count a spec's parameters, steps and memory without allocating any.

    Raises InputError with the reason where the settings cannot work together.
    """
    source = spec.make_source()
    count = _train_images(spec)
    batch = min(spec.training.batch_size, count)
    check_parts(spec.kind, spec.corruption, spec.layers, source.shape, source.kind, batch)
    model = blank_model(spec)
    parameters = model.parameter_count()
    pixels = prod(source.shape)
    each = 1 if source.kind == "image" else 4
    held = 4 * COPIES * parameters + each * count * pixels + 4 * model.numbers_a_pair * batch**2
    memory = held + 40 * batch * pixels
    steps = count // batch * spec.training.epochs
    on_card = CONTEXT + held + activation_bytes(model.eval(), source.shape, batch)
    return Cost(parameters, model.code_size, pixels, count, steps, memory, on_card)


def check_parts(
    variant: type[Autoencoder],
    corruption: str,
    layers: NetworkConfig,
    shape: tuple[int, int, int],
    of: Kind,
    batch: int,
) -> None:
    """Raises InputError where these do not go together, for samples of a shape and a kind."""
    if variant.needs_corruption and corruption == "none":
        raise InputError(
            f"{variant.title}: choose a corruption; on clean images it is the plain autoencoder."
        )
    corruptions[corruption].check(shape, of)
    if batch == 1 and layers.mixes_images and variant.uses_network:
        raise InputError("Batch norm needs at least two images a batch; enlarge the batch size.")


def blank_model(spec: RunSpec, device: str = "meta") -> Autoencoder:
    """The model of a spec before it met its data: on "meta" to count, elsewhere for weights.

    Raises InputError where the settings cannot work together.
    """
    source = spec.make_source()
    network = spec.make_network(source.shape)
    return empty_model(spec.variant, spec.model, network, device, source.layout)


def _train_images(spec: RunSpec) -> int:
    """How many images will train; every class is taken to have an even share of them."""
    source = spec.make_source()
    count, classes = source.train_size, len(source.classes)
    shares = spec.splits.shares(source.classes)
    if len(shares) < classes:
        count -= (classes - len(shares)) * count // classes
    if spec.splits.imbalance:
        count = max(len(shares), round(count * sum(shares.values()) / len(shares)))
    return min(spec.splits.train_limit or count, count)


def check_total(cost: Cost) -> None:
    """Whether the machine could ever have the memory: what waits need not fit just now.

    Raises InputError.
    """
    total = psutil.virtual_memory().total
    if cost.memory > ROOM * total:
        raise InputError(
            f"These settings need about {cost.memory / 1e9:.1f} GB of memory and this machine "
            f"has {total / 1e9:.1f} GB; choose a smaller batch, width, depth or code size."
        )


def _check_memory(needed: int) -> None:
    free = psutil.virtual_memory().available
    if needed > ROOM * free:
        raise InputError(
            f"These settings need about {needed / 1e9:.1f} GB of memory and {free / 1e9:.1f} GB "
            "are free; choose a smaller batch, width, depth or code size."
        )
