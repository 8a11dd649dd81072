"""Ready-made experiments: the three of a teaching repository.

Each is a set of flat settings, as a link holds them, beside the figure that was published with it.
benchmarks/papers/teaching.py runs them and compares.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from aecore.runs.spec import RunSpec

REPOSITORY = "https://github.com/05rs/Autoencoders"

Flat = Mapping[str, str | int | float]


@dataclass(frozen=True)
class Experiment:
    """Settings to start from, and what somebody else reached with nearly the same.

    published: as the notebook of that repository tells it, in `unit`; conditions: how it was
    measured there; differences: what is not as it was there, in whole sentences.
    """

    name: str
    title: str
    idea: str
    settings: Flat
    published: float
    unit: str
    conditions: str
    notebook: str
    differences: str

    def spec(self) -> RunSpec:
        """The settings with every default filled in."""
        return RunSpec.from_flat(self.settings)


DENOISING: Flat = MappingProxyType(
    {
        "corruption": "gaussian",
        "level": 0.22,
        "likelihood": "bce",
        "batch_size": 256,
        "optimizer": "rmsprop",
        "learning_rate": 1e-3,
        "schedule": "plateau",
        "warmup": 0.0,
        "patience": 8,
    }
)
"""What the two denoisers have in common."""

EXPERIMENTS = (
    Experiment(
        name="mnist_denoiser",
        title="Clean noisy digits",
        idea="A small convolutional autoencoder takes grain off handwritten digits.",
        settings={
            **DENOISING,
            "dataset": "mnist",
            "variant": "denoising",
            "network": "published",
            "architecture": "denoiser",
            "latent_dim": 784,
            "dropout": 0.3,
            "train_limit": 48_000,
            "epochs": 67,
        },
        published=0.0680,
        unit="nats a pixel",
        conditions="binary cross-entropy of 12,000 validation images after 67 epochs without noise",
        notebook="Denoising/MNIST_AE/MNIST_AutoEncoder.ipynb",
        differences="Set the noise level to 0 to repeat that figure. Its denoising run aimed at "
        "noisy images, this one aims at clean ones, with new noise at every step. The learning "
        "rate is halved where it was divided by ten, and the average image is taken off.",
    ),
    Experiment(
        name="cifar10_denoiser",
        title="Clean noisy photographs",
        idea="A bridge around the middle carries detail past the narrowest layers.",
        settings={
            **DENOISING,
            "dataset": "cifar10",
            "variant": "skip_denoiser",
            "train_limit": 40_000,
            "epochs": 39,
        },
        published=0.5619,
        unit="nats a number",
        conditions="binary cross-entropy of 10,000 noisy validation images against clean ones, "
        "after 27 epochs without noise, which reached 0.5519, and 12 with it",
        notebook="CIFAR10_AE/CIFAR10_skip_AutoEncoder.ipynb",
        differences="All epochs have noise here, new at every step. The learning rate is halved "
        "where it was divided by ten, and the average image is taken off.",
    ),
    Experiment(
        name="mnist_vae",
        title="Digits on a map",
        idea="A convolutional VAE places every digit on a plane, by a code of two numbers.",
        settings={
            "dataset": "mnist",
            "variant": "beta_vae",
            "beta": 0.5,
            "network": "published",
            "architecture": "vae",
            "latent_dim": 2,
            "likelihood": "bce",
            "epochs": 36,
            "batch_size": 128,
            "optimizer": "adam",
            "learning_rate": 1e-3,
            "schedule": "constant",
            "warmup": 0.0,
        },
        published=142.29,
        unit="nats an image",
        conditions="training loss on all 70,000 images in epoch 36, the last whole one",
        notebook="VAE/MNIST_VAE.ipynb",
        differences="It averages the KL over the two numbers of the code, which is half of their "
        "sum: a β of 0.5 here, so its loss is no bound on the likelihood. Validation and test "
        "images are held out here, and the average image is taken off.",
    ),
)
"""In the order in which a page shows them."""
