"""pythae's half of a comparison: its model around copies of our layers, and its own trainer.

Timed: making the trainer, which tries the model on a batch, and `train()`, its last save included.
No evaluation set, which favours it.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from copy import deepcopy
from io import StringIO
from tempfile import TemporaryDirectory
from typing import Any

import torch
from pythae import models
from pythae.data.datasets import BaseDataset
from pythae.models.base.base_utils import ModelOutput
from pythae.models.nn import BaseDecoder, BaseDiscriminator, BaseEncoder
from pythae.trainers import (
    AdversarialTrainer,
    AdversarialTrainerConfig,
    BaseTrainer,
    BaseTrainerConfig,
)
from torch import Tensor, nn

from aecore.datasets import ImageData
from aecore.models import Autoencoder
from benchmarks.clock import timed
from benchmarks.variants.ours import halves
from benchmarks.variants.pairs import BATCH, RATE, VECTOR, Pair
from benchmarks.variants.trained import Trained

Form = Callable[[Tensor], dict[str, Tensor]]
"""An encoder's numbers (n, m) in the words of a pythae model."""


def point(numbers: Tensor) -> dict[str, Tensor]:
    return {"embedding": numbers}


def cloud(numbers: Tensor) -> dict[str, Tensor]:
    mean, log_var = numbers.chunk(2, dim=1)
    return {"embedding": mean, "log_covariance": log_var}


def point_without_width(numbers: Tensor) -> dict[str, Tensor]:
    """pythae multiplies the width by 0, but wants one."""
    return {"embedding": numbers, "log_covariance": torch.zeros_like(numbers)}


def vectors(numbers: Tensor) -> dict[str, Tensor]:
    """(n, VECTOR, places, 1): pythae cuts a map along its channels."""
    return {"embedding": numbers.view(len(numbers), -1, VECTOR, 1).transpose(1, 2)}


FORMS: dict[str, Form] = {
    "WAE_MMD": point,
    "VQVAE": vectors,
    "Adversarial_AE": point_without_width,
}


class Encoder(BaseEncoder):
    """Sees images minus the average one, as ours do."""

    def __init__(self, layers: nn.Module, mean: Tensor, form: Form) -> None:
        super().__init__()
        self.layers, self.form = layers, form
        self.register_buffer("mean", mean)

    def forward(self, x: Tensor) -> ModelOutput:
        return ModelOutput(**self.form(self.layers(x - self.mean)))


class Decoder(BaseDecoder):
    """Starts from the average image, as ours do; pythae's cross-entropy wants probabilities."""

    def __init__(self, layers: nn.Module, offset: Tensor, last: nn.Module) -> None:
        super().__init__()
        self.layers, self.last = layers, last
        self.register_buffer("offset", offset)

    def forward(self, z: Tensor) -> ModelOutput:
        rows = z.transpose(1, 2).flatten(1) if z.dim() > 2 else z
        return ModelOutput(reconstruction=self.last(self.layers(rows) + self.offset))


class Discriminator(BaseDiscriminator):
    def __init__(self, layers: nn.Module) -> None:
        super().__init__()
        self.layers = layers

    def forward(self, z: Tensor) -> ModelOutput:
        return ModelOutput(embedding=self.layers(z).sigmoid())


def build(pair: Pair, ours: Autoencoder) -> Any:
    """pythae's model with copies of the weights of ours."""
    like: Any = deepcopy(ours)  # its parts are those of its variant
    kind, config_kind = (getattr(models, name) for name in (pair.peer, pair.peer_config))
    shape = tuple(like.mean.shape)
    config = config_kind(input_dim=shape, latent_dim=like.code_size, **pair.settings)
    last = nn.Sigmoid() if like.config.likelihood == "bce" else nn.Identity()
    encoder = Encoder(like.encoder, like.mean, FORMS.get(pair.peer, cloud))
    parts = {"encoder": encoder, "decoder": Decoder(like.decoder, like.offset, last)}
    if pair.peer == "Adversarial_AE":
        parts["discriminator"] = Discriminator(like.discriminator)
    return kind(config, **parts)


def train(pair: Pair, ours: Autoencoder, data: ImageData, epochs: int, seed: int) -> Trained:
    """Train pythae's model from the weights of ours, which stay as they are."""
    model = build(pair, ours)
    floats = data.part("train") / 255
    dataset = BaseDataset(floats, torch.zeros(len(floats)))
    silent = redirect_stdout(StringIO()), redirect_stderr(StringIO())
    with TemporaryDirectory() as folder, silent[0], silent[1], timed() as clock:
        trainer = _trainer(model, dataset, folder, epochs, seed)
        trainer.train()
    model.cpu().eval()

    def copy(x: Tensor) -> tuple[Tensor, Tensor]:
        if pair.peer == "VQVAE":  # its `predict` leaves the code book out
            found = model({"data": x})
            return found.z, found.recon_x
        found = model.predict(x)
        return found.embedding, found.recon_x

    return Trained(clock.seconds, copy)


def _trainer(model: Any, dataset: Any, folder: str, epochs: int, seed: int) -> Any:
    common = {
        "output_dir": folder,
        "num_epochs": epochs,
        "per_device_train_batch_size": BATCH,
        "seed": seed,
    }
    if isinstance(model, models.Adversarial_AE):
        rates = {"autoencoder_learning_rate": RATE, "discriminator_learning_rate": RATE}
        settings = AdversarialTrainerConfig(**common, **rates)
        return AdversarialTrainer(model, dataset, training_config=settings)
    settings = BaseTrainerConfig(**common, learning_rate=RATE)
    return BaseTrainer(model, dataset, training_config=settings)


def gradients(pair: Pair, ours: Autoencoder, x: Tensor, seed: int) -> list[Tensor]:
    """As those of ours, of a copy with the same weights and, where there is one, code book."""
    model = build(pair, ours)
    if pair.peer == "VQVAE":
        model.quantizer.embeddings.copy_(ours.get_buffer("quantiser.book"))
    torch.manual_seed(seed)
    found = model.train()({"data": x})
    loss = found.autoencoder_loss if pair.peer == "Adversarial_AE" else found.loss
    return list(torch.autograd.grad(loss, halves(model)))
