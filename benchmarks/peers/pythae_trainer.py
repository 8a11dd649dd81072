"""pythae's BaseTrainer with its defaults, on float images that already lie in memory.

Timed: `train()`, its last save included. No evaluation set, which favours it.
"""

from __future__ import annotations

from tempfile import TemporaryDirectory

import torch
from pythae.data.datasets import BaseDataset
from pythae.models import AE, AEConfig
from pythae.models.base.base_utils import ModelOutput
from pythae.models.nn import BaseDecoder, BaseEncoder
from pythae.trainers import BaseTrainer, BaseTrainerConfig

from benchmarks.cases import BATCH, SHAPE, Case
from benchmarks.clock import timed
from benchmarks.data import Images

NAME = "pythae"


class Encoder(BaseEncoder):
    def __init__(self, layers: torch.nn.Module) -> None:
        super().__init__()
        self.layers = layers

    def forward(self, x: torch.Tensor) -> ModelOutput:
        return ModelOutput(embedding=self.layers(x))


class Decoder(BaseDecoder):
    def __init__(self, layers: torch.nn.Module) -> None:
        super().__init__()
        self.layers = layers

    def forward(self, z: torch.Tensor) -> ModelOutput:
        return ModelOutput(reconstruction=self.layers(z))


def train(case: Case, images: Images) -> float:
    """Images a second over all epochs."""
    encoder, decoder = case.halves()
    config = AEConfig(input_dim=SHAPE, latent_dim=case.code)
    model = AE(config, Encoder(encoder), Decoder(decoder))
    floats = images.floats()
    dataset = BaseDataset(floats, torch.zeros(len(floats)))
    with TemporaryDirectory() as folder:
        settings = BaseTrainerConfig(
            output_dir=folder,
            num_epochs=case.epochs,
            per_device_train_batch_size=BATCH,
            learning_rate=1e-3,
        )
        trainer = BaseTrainer(model, dataset, training_config=settings)
        with timed() as clock:
            trainer.train()
    return case.epochs * len(floats) / clock.seconds
