"""How long a step takes: measured on a few steps of the very model, on images of noise."""

from __future__ import annotations

import time
from statistics import median_high

import torch

from aecore.corruptions import Corruption
from aecore.models import Autoencoder, ModelConfig
from aecore.models.moment import Moment
from aecore.networks import Network
from aecore.samples import IMAGE, Layout
from aecore.training.batches import Batches
from aecore.training.config import TrainConfig
from aecore.training.devices import pick_device
from aecore.training.optimizers import OPTIMIZERS

BUDGET = 0.4
"""Seconds after which no further step is timed; the first one, which is cold, does not count."""
MOST_STEPS = 8


def seconds_per_step(
    kind: type[Autoencoder],
    config: ModelConfig,
    network: Network,
    corruption: Corruption,
    training: TrainConfig,
    layout: Layout = IMAGE,
) -> float | None:
    """Median seconds of one training step, or None off the CPU.

    On a graphics card the measurement would take memory from the runs that use it.
    """
    if pick_device(training.device).type != "cpu":
        return None
    with torch.random.fork_rng(devices=[]):
        model = kind(config, network, torch.zeros(network.shape), layout).train()
        size = (training.batch_size, *network.shape)
        pixels = layout.kind == "image"
        images = torch.randint(256, size, dtype=torch.uint8) if pixels else torch.randn(size)
        classes = torch.zeros(len(images), dtype=torch.int64)
        model.prepare(images, classes, 0)
        batches = Batches(images, training.batch_size, corruption, seed=0)
        model.enter(model.phase(1.0))  # the last phase trains most
        return _median_step(model, batches, training)


def _median_step(model: Autoencoder, batches: Batches, training: TrainConfig) -> float:
    parameters = [parameter for parameter in model.parameters() if parameter.requires_grad]
    optimizer = OPTIMIZERS[training.optimizer](parameters, training.weight_decay)
    taken: list[float] = []
    while len(taken) < 2 or (len(taken) < MOST_STEPS and sum(taken[1:]) < BUDGET):
        before = time.perf_counter()
        x, target = batches.get(len(taken), 0)
        model.moment = Moment(1.0, torch.zeros_like(batches.rows), batches.rows)
        total = torch.stack(list(model.loss(x, target).values())).sum()
        gradients = list(torch.autograd.grad(total, parameters))
        with torch.no_grad():
            optimizer.step(gradients, 0.0)
            model.after_step()
        taken.append(time.perf_counter() - before)
    return median_high(taken[1:])
