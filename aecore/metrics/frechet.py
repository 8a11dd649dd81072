"""LeNet-FD: how far a set of images is from another in the features of a small classifier.

d² = ||m1 − m2||² + Tr(S1 + S2 − 2 (S1 S2)^½), the squared Fréchet distance between Gaussians with
the means and covariances of the features (Dowson and Landau 1982). Heusel et al. 2017 take the
features of Inception and call it FID. Ours come from a LeNet that is trained here, on the data set
at hand: its figures compare models on one data set with one seed, and never with published FIDs.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from torch import Generator, Tensor, nn

from aecore.errors import InputError
from aecore.metrics.arrays import Rows, Values, as_rows

FEATURES = 84
BATCH = 128
STEPS = 400
CHUNK = 512


class Moments(NamedTuple):
    """What a Gaussian has: mean (d,) and covariance (d, d), float64."""

    mean: Rows
    covariance: Rows


class Features(nn.Module):
    """A LeNet (LeCun et al. 1998) with ReLU; called on images it gives its last hidden layer.

    (n, C, H, W) float in [0, 1] to (n, 84). Takes any image of at least 4 × 4 pixels.
    """

    def __init__(self, channels: int, classes: int) -> None:
        """Build the layers. channels: of the images; classes: to tell apart."""
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(channels, 6, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2, ceil_mode=True),
            nn.Conv2d(6, 16, 5, padding=2), nn.ReLU(), nn.AdaptiveMaxPool2d(4), nn.Flatten(),
            nn.Linear(256, 120), nn.ReLU(), nn.Linear(120, FEATURES), nn.ReLU(),
        )  # fmt: skip
        self.head = nn.Linear(FEATURES, classes)

    def forward(self, images: Tensor) -> Tensor:
        """The features of images."""
        return self.body(images)


def train_features(images: Tensor, labels: Tensor, seed: int = 0) -> Features:
    """A LeNet that has learned to tell the classes apart: 400 steps of 128 images, seconds.

    The same images and seed give the same features on the same machine; the global random state
    stays as it is.

    Args:
        images: (n, C, H, W) uint8; labels: (n,) int64 from 0 on.
        seed: fixes the first weights and the batches.

    Returns it in eval mode. Raises InputError where there are no two classes.
    """
    classes = int(labels.max()) + 1 if len(labels) else 0
    if classes < 2:
        raise InputError("Features are learned by telling classes apart; give at least two.")
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = Features(images.shape[1], classes)
    generator = Generator().manual_seed(seed)
    optimizer = torch.optim.Adam(model.parameters(), lr=2e-3)
    for _ in range(STEPS):
        rows = torch.randint(len(images), (BATCH,), generator=generator)
        seen = model.head(model(images[rows] / 255))
        optimizer.zero_grad()
        F.cross_entropy(seen, labels[rows]).backward()
        optimizer.step()
    return model.requires_grad_(False).eval()


def features_of(model: Features, images: Tensor) -> Rows:
    """Features of images (n, C, H, W), uint8 or float in [0, 1], in chunks: (n, 84) float64."""
    scale = 255 if images.dtype == torch.uint8 else 1
    with torch.inference_mode():
        parts = [model(part / scale) for part in images.split(CHUNK)]
    return as_rows(torch.cat(parts))


def lenet_fd(model: Features, first: Tensor, second: Tensor) -> float:
    """LeNet-FD between two sets of images, 0 or more.

    It falls with the number of images, towards the true distance: compare figures of the same
    numbers only, of 2,000 images or more. Two halves of one data set say what 0 looks like.

    Args:
        model: from `train_features`.
        first, second: (n, C, H, W), uint8 or float in [0, 1], each of more than 84 images.

    Raises InputError where there are fewer: their covariance would say nothing.
    """
    sets = [features_of(model, images) for images in (first, second)]
    fewest = min(len(rows) for rows in sets)
    if fewest <= FEATURES:
        raise InputError(f"{fewest} images are too few for LeNet-FD; give more than {FEATURES}.")
    return frechet_distance(*map(moments, sets))


def moments(rows: Values) -> Moments:
    """Mean and covariance (divided by n − 1) of (n, d) numbers, n of at least 2."""
    values = as_rows(rows)
    return Moments(values.mean(0), np.atleast_2d(np.cov(values, rowvar=False)))


def frechet_distance(first: Moments, second: Moments) -> float:
    """The squared Fréchet distance between two Gaussians, 0 or more.

    Tr (S1 S2)^½ is taken as the sum of the roots of the eigenvalues of S1^½ S2 S1^½, which are the
    same as those of S1 S2: a general matrix root (scipy.linalg.sqrtm) fails where a covariance is
    singular, as with a feature that never fires.

    Raises InputError where the two have different numbers of dimensions.
    """
    if first.mean.shape != second.mean.shape:
        raise InputError(
            f"{len(first.mean)} dimensions cannot be compared with {len(second.mean)}; give the "
            "moments of the same features."
        )
    values, vectors = np.linalg.eigh(first.covariance)
    root = (vectors * np.sqrt(values.clip(0))) @ vectors.T
    both = np.linalg.eigvalsh(root @ second.covariance @ root).clip(0)
    apart = float(((first.mean - second.mean) ** 2).sum())
    spread = float(np.trace(first.covariance + second.covariance) - 2 * np.sqrt(both).sum())
    return max(apart + spread, 0.0)
