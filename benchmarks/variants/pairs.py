"""The variants that both have, with the settings that make both minimise one and the same loss.

Ours sums over pixels and averages over the batch; pythae does too, but halves the squared error of
its adversarial autoencoder and averages the commitment of its VQ-VAE over the code as well.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

BATCH = 100
RATE = 1e-3
BOOK, CODE, VECTOR, COMMITMENT = 256, 64, 4, 0.25

COMMON: Mapping[str, Any] = {
    "dataset": "mnist",
    "network": "mlp",
    "width": 256,
    "depth": 2,
    "activation": "silu",
    "batch_size": BATCH,
    "learning_rate": RATE,
    "optimizer": "adam",
    "schedule": "constant",
    "warmup": 0.0,
}
"""Our settings for all pairs: the app's first network, and pythae's plain Adam without schedule."""


@dataclass(frozen=True)
class Plan:
    """How much is trained and measured. train: a multiple of the batch, of which we drop a rest."""

    train: int
    test: int
    epochs: int
    seeds: tuple[int, ...]


FULL = Plan(train=10_000, test=2_000, epochs=20, seeds=(0, 1, 2))
SHORT = Plan(train=2_000, test=500, epochs=2, seeds=(0, 1))


@dataclass(frozen=True)
class Pair:
    """One variant on both sides.

    knobs: ours, by flat name; peer: pythae's class, whose config is `peer_config` with these
    `settings`; note: where the two differ though their loss is the same.
    """

    variant: str
    knobs: Mapping[str, Any]
    peer: str
    peer_config: str
    settings: Mapping[str, Any]
    note: str = ""

    def ours(self, plan: Plan, seed: int) -> dict[str, Any]:
        """Flat settings of our run."""
        chosen = {"variant": self.variant, **COMMON, **self.knobs}
        return {**chosen, "train_limit": plan.train, "epochs": plan.epochs, "seed": seed}


PAIRS = (
    Pair(
        "vae",
        {"latent_dim": 16, "likelihood": "bce"},
        "VAE",
        "VAEConfig",
        {"reconstruction_loss": "bce"},
    ),
    Pair(
        "beta_vae",
        {"latent_dim": 16, "likelihood": "bce", "beta": 4.0},
        "BetaVAE",
        "BetaVAEConfig",
        {"reconstruction_loss": "bce", "beta": 4.0},
    ),
    Pair(
        "iwae",
        {"latent_dim": 16, "likelihood": "bce", "draws": 5},
        "IWAE",
        "IWAEConfig",
        {"reconstruction_loss": "bce", "number_samples": 5},
        "pythae writes the gradient's weights out; ours come from autograd",
    ),
    Pair(
        "wae_mmd",
        {"latent_dim": 8, "likelihood": "mse", "mmd_weight": 10.0},
        "WAE_MMD",
        "WAE_MMD_Config",
        {"kernel_choice": "imq", "reg_weight": 10.0},
        "the same kernel, and both estimates of MMD² have no bias",
    ),
    Pair(
        "vq_vae",
        {
            "latent_dim": CODE,
            "longest_vector": VECTOR,
            "book_size": BOOK,
            "commitment": COMMITMENT,
            "decay": 0.99,
            "likelihood": "mse",
        },
        "VQVAE",
        "VQVAEConfig",
        {
            "num_embeddings": BOOK,
            "commitment_loss_factor": COMMITMENT * CODE,
            "use_ema": True,
            "decay": 0.99,
        },
        "ours lays its book out by k-means (timed) and puts dead entries back to use; pythae's "
        "starts at random near 0",
    ),
    Pair(
        "adversarial",
        {"latent_dim": 8, "likelihood": "mse", "adversarial_weight": 1.0},
        "Adversarial_AE",
        "Adversarial_AE_Config",
        {
            "adversarial_loss_scale": 1.0,
            "reconstruction_loss_scale": 2.0,
            "reconstruction_loss": "mse",
            "deterministic_posterior": True,
        },
        "pythae has an Adam for each of the two networks, ours one for both: the same steps",
    ),
)
