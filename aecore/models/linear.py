"""The linear autoencoder: two matrices, whose best solution spans the same plane as PCA.

min over W1, W2 of E || (x - m) - W2 W1 (x - m) ||², with m the average training image. Every
minimum has the columns of W2 span the leading principal subspace (Baldi and Hornik 1989); the
single axes of the code are in general not the principal components.
"""

from math import prod
from typing import Literal

from torch import Tensor, nn

from aecore.config import knob
from aecore.models.base import Autoencoder, ModelConfig, Terms, variants
from aecore.networks import Network


@variants.register("linear")
class LinearAutoencoder(Autoencoder):
    """W2 W1 on centred images, without biases or bends between."""

    title = "Linear autoencoder"
    idea = (
        "An autoencoder without any bend: it can do exactly what PCA does, and no more. "
        "Train it beside PCA to see the two meet."
    )
    paper = "Baldi and Hornik, Neural Networks and Principal Component Analysis"
    year = 1989
    family = "classic"
    # Small batches leave it about 5 % above PCA's error; the whole split each step reaches it.
    suggested = {
        "batch_size": 65536,
        "learning_rate": 1e-2,
        "epochs": 1000,
        "optimizer": "adam",
        "weight_decay": 0.0,
        "schedule": "constant",
        "warmup": 0.0,
    }
    uses_network = False

    class Config(ModelConfig):
        likelihood: Literal["mse"] = knob(
            "mse", "Squared error: the only loss whose best linear answer is PCA.", label="Loss"
        )

    def build(self, network: Network) -> None:
        pixels = prod(network.shape)
        self.encoder = nn.Linear(pixels, self.config.latent_dim, bias=False)
        self.decoder = nn.Linear(self.config.latent_dim, pixels, bias=False)

    def encode(self, x: Tensor) -> Tensor:
        return self.encoder((x - self.mean).flatten(1))

    def decode_raw(self, z: Tensor) -> Tensor:
        return self.decoder(z).view(-1, *self.mean.shape) + self.offset

    def loss(self, x: Tensor, target: Tensor) -> Terms:
        return {"reconstruction": self.reconstruction(self.decode_raw(self.encode(x)), target)}
