"""Variants by name: each file of this folder is one variant or what a family shares."""

import torch
from torch import Tensor

from aecore.models.base import Autoencoder, ModelConfig, Terms, variants
from aecore.networks import Network
from aecore.registry import import_siblings
from aecore.samples import IMAGE, Layout

import_siblings(__name__, __path__)


def empty_model(
    variant: str,
    config: ModelConfig,
    network: Network,
    device: str = "meta",
    layout: Layout = IMAGE,
) -> Autoencoder:
    """A model without data behind it: on "meta" to count, elsewhere to load weights into."""
    with torch.device(device):
        return variants[variant](config, network, torch.zeros(network.shape), layout)


def new_model(
    variant: str,
    config: ModelConfig,
    network: Network,
    mean: Tensor,
    seed: int,
    layout: Layout = IMAGE,
) -> Autoencoder:
    """A fresh model on the CPU; the same seed gives the same weights on every device."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return variants[variant](config, network, mean, layout)


__all__ = ["Autoencoder", "ModelConfig", "Terms", "empty_model", "new_model", "variants"]
