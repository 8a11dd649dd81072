"""The VQ-VAE: a code made of entries of a code book, so that an image is a few whole numbers.

E ||x - g(e)||² + β ||z - sg[e]||², where e holds for each vector of z = f(x) the nearest entry of
the book and the gradient of e is handed to z as it is (van den Oord et al. 2017, equation 3). The
book follows the codes by moving averages (their appendix A.1), which replace the middle term.
The paper cuts a convolutional map into vectors; here the code of the chosen network is cut, so
that the code is as long as that of any other variant.
"""

from __future__ import annotations

from math import log2

import torch
from torch import Generator, Tensor

from aecore.config import knob
from aecore.models.base import Autoencoder, ModelConfig, Terms, variants
from aecore.models.vector_quantiser import VectorQuantiser
from aecore.networks import Network
from aecore.samples import to_float

SAMPLE = 4096
"""Training images that the book is first laid out for."""


@variants.register("vq_vae")
class VQVAE(Autoencoder):
    """An image is `places` entries of a book of `book_size` vectors, each `vector_size` long."""

    title = "Vector-quantised autoencoder (VQ-VAE)"
    idea = (
        "Keeps a book of short vectors and writes every image as a row of entries of that book, "
        "so that the code is made of whole numbers, like text."
    )
    paper = "van den Oord et al., Neural Discrete Representation Learning"
    year = 2017
    family = "other regularisers"
    suggested = {"latent_dim": 64}
    whole_batch = True  # the book follows the mean of all codes of a batch

    class Config(ModelConfig):
        latent_dim: int = knob(
            64,
            "How many numbers the code of one image has; they come in vectors from the code book.",
            low=1,
            high=4096,
            log=True,
            label="Code size",
        )
        longest_vector: int = knob(
            4,
            "The code is cut into vectors of this length, or the next smaller one that the code "
            "size can be divided by.",
            low=1,
            high=256,
            log=True,
            label="Vector length",
        )
        book_size: int = knob(
            256,
            "How many vectors the code book has.",
            low=2,
            high=4096,
            log=True,
            label="Code book",
        )
        commitment: float = knob(
            0.25,
            "How strongly a code is pulled towards its entry of the book.",
            low=0.01,
            high=10,
            log=True,
        )
        decay: float = knob(
            0.99,
            "How slowly the code book follows the codes; at 0 it jumps to the mean of each batch.",
            low=0,
            high=0.9999,
            label="Code book decay",
        )

    config: Config

    def build(self, network: Network) -> None:
        size = self.config.latent_dim
        longest = min(self.config.longest_vector, size)
        self.vector_size = next(v for v in range(longest, 0, -1) if size % v == 0)
        self.places = size // self.vector_size
        self.encoder = network.encoder(size)
        self.decoder = network.decoder(size)
        self.quantiser = VectorQuantiser(self.config.book_size, self.vector_size, self.config.decay)

    @property
    def bits(self) -> float:
        """What it takes to store the code of an image if all entries are equally frequent."""
        return self.places * log2(self.config.book_size)

    @torch.no_grad()
    def prepare(self, images: Tensor, classes: Tensor, seed: int) -> None:  # noqa: ARG002
        """Lay the book out where the codes of a new encoder are, or few entries would be used."""
        generator = Generator().manual_seed(seed)
        rows = torch.randperm(len(images), generator=generator)[:SAMPLE].to(images.device)
        before = self.training
        self.eval()
        vectors = torch.cat([self.vectors(to_float(images[part])) for part in rows.split(256)])
        self.train(before)
        self.quantiser.lay_out(vectors.flatten(0, 1), generator)

    def indices(self, x: Tensor) -> Tensor:
        """Which entries an image is written with: (n, C, H, W) in [0, 1] to (n, places) int64."""
        vectors = self.vectors(x)
        return self.quantiser.nearest(vectors.flatten(0, 1)).view(len(x), self.places)

    def encode(self, x: Tensor) -> Tensor:
        return self.quantiser.book[self.indices(x)].flatten(1)

    def decode_raw(self, z: Tensor) -> Tensor:
        return self.decoder(z) + self.offset

    def loss(self, x: Tensor, target: Tensor) -> Terms:
        vectors = self.vectors(x)
        flat = vectors.detach().flatten(0, 1)
        chosen = self.quantiser.nearest(flat)
        entries = self.quantiser.book[chosen].view_as(vectors)
        if self.training:
            self.quantiser.follow(flat, chosen)
        raw = self.decode_raw(straight_through(vectors, entries).flatten(1))
        distance = (vectors - entries).square().sum() / len(x)
        return {
            "reconstruction": self.reconstruction(raw, target),
            "commitment": self.config.commitment * distance,
        }

    def vectors(self, x: Tensor) -> Tensor:
        """What the encoder says before it is replaced by entries: (n, places, vector_size)."""
        z = self.encoder(x - self.mean).float()
        return z.view(len(x), self.places, self.vector_size)


def straight_through(vectors: Tensor, entries: Tensor) -> Tensor:
    """The entries, whose gradient goes to the vectors as it is; both of one shape."""
    return entries + (vectors - vectors.detach())
