"""Autoencoder Lab's TrainingSession, with everything that it does in the app.

Timed: all of `events()`, from the snapshot before the first step to the last event. That holds
the training steps, the loss curve, the checks for numbers that are none, the copies of the last
good weights, about 30 snapshots (500 encoded images and their principal components) and the
validation after each epoch, here on 256 images, because the peers validate on none.
"""

from __future__ import annotations

import torch

from aecore.corruptions import corruptions
from aecore.datasets import ImageData
from aecore.datasets.splits import Split
from aecore.models import variants
from aecore.networks import Network
from aecore.training import Failed, TrainConfig, TrainingSession
from benchmarks.cases import BATCH, SHAPE, Case
from benchmarks.clock import timed
from benchmarks.data import Images

NAME = "ours"
VALIDATION = 256


class Given(Network):
    """Two halves that were made elsewhere."""

    halves: tuple[torch.nn.Sequential, torch.nn.Sequential]

    def encoder(self, out_features: int) -> torch.nn.Sequential:  # noqa: ARG002
        return self.halves[0]

    def decoder(self, in_features: int) -> torch.nn.Sequential:  # noqa: ARG002
        return self.halves[1]


def train(case: Case, images: Images) -> float:
    """Images a second over all epochs."""
    session = prepare(case, images)
    with timed() as clock:
        last = None
        for event in session.events():
            last = event
    if isinstance(last, Failed):
        raise RuntimeError(last.message)
    return session.total_steps * session.batches.size / clock.seconds


def prepare(case: Case, images: Images) -> TrainingSession:
    """A session that is about to draw its first event."""
    data = image_data(images)
    network = Given(Network.Config(), SHAPE)
    network.halves = case.halves()
    kind = variants["autoencoder"]
    model = kind(kind.Config(latent_dim=case.code), network, data.mean)
    config = TrainConfig(epochs=case.epochs, batch_size=BATCH, learning_rate=1e-3, optimizer="adam")
    none = corruptions["none"]
    return TrainingSession(model, data, none(none.Config()), config)


def image_data(images: Images) -> ImageData:
    count, shown = len(images.bytes), len(images.held_out)
    rows = torch.arange(count + shown)
    splits: dict[Split, torch.Tensor] = {
        "train": rows[:count],
        "validation": rows[count : count + VALIDATION],
        "test": rows[count:],
    }
    pixels = torch.cat([images.bytes, images.held_out])
    labels = torch.zeros(count + shown, dtype=torch.int64)
    return ImageData("mnist", "MNIST", "CC BY-SA 3.0", pixels, labels, ("any",), splits)
