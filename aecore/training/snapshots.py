"""Snapshots: what the model does, at log-spaced steps, with the same fixed test images."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import Generator, Tensor

from aecore.corruptions import Corruption
from aecore.datasets import ImageData
from aecore.datasets.scaling import in_units
from aecore.models import Autoencoder
from aecore.samples import to_float
from aecore.training.batches import HELD_OUT, stream
from aecore.training.events import SnapshotTaken
from aecore.training.outline import along, outline

COUNT = 30
POINTS = 500
IMAGES = 16
CHUNK = 256


@dataclass(frozen=True)
class Showcase:
    """The fixed test samples: 16 shown as pictures, 500 shown as points.

    originals, inputs: (m, C', H', W') uint8, pictures of them clean and as the encoder sees them;
    labels: (m,); sample: (n, C', H', W') uint8; sample_labels: (n,). Rows count within the test
    split. seen, encoded: what stands behind inputs and sample, as a model takes it. picture: makes
    pictures of reconstructions.

    units: of points, puts them into units of their source; places: (n, 1, 1, d) float32, the sample
    so; along: (n,) float32, where on their shape they lie, NaN where it is not known. None of
    other samples.
    """

    originals: Tensor
    inputs: Tensor
    labels: Tensor
    rows: Tensor
    sample: Tensor
    sample_labels: Tensor
    seen: Tensor
    encoded: Tensor
    picture: Callable[[Tensor], Tensor]
    units: Callable[[Tensor], Tensor] | None = None
    places: Tensor | None = None
    along: Tensor | None = None


def showcase(data: ImageData, corruption: Corruption, seed: int) -> Showcase:
    """Choose the fixed images: class after class for the pictures, the first ones for points."""
    labels = data.part_labels("test")
    rows = _by_turns(labels)[:IMAGES]
    originals = data.part("test")[rows]
    generator = Generator().manual_seed(stream(seed, HELD_OUT))
    damaged = corruption(to_float(originals), generator)
    inputs = data.pictures(damaged)
    sample = data.part("test", POINTS)
    return Showcase(
        data.pictures(originals), inputs, labels[rows], rows, data.pictures(sample),
        labels[:POINTS], inputs if data.kind == "image" else damaged, sample, data.pictures,
        **(_as_points(data, sample) if data.kind == "points" else {}),
    )  # fmt: skip


def _as_points(data: ImageData, sample: Tensor) -> dict[str, Any]:
    units = partial(in_units, columns=data.columns)
    return {"units": units, "places": units(sample), "along": along(data, POINTS)}


def _by_turns(labels: Tensor) -> Tensor:
    """Rows in the order: first of each class, second of each class, …"""
    seen: dict[int, int] = {}
    turns = []
    for row, label in enumerate(labels.tolist()[: IMAGES * 100]):
        seen[label] = seen.get(label, -1) + 1
        turns.append((seen[label], label, row))
    return torch.tensor([row for _, _, row in sorted(turns)])


def snapshot_steps(total: int) -> frozenset[int]:
    """About 30 steps from the first to the last, evenly spaced in their logarithm."""
    return frozenset(int(step) for step in np.geomspace(1, total, COUNT).round())


class Snapshots:
    """Takes snapshots; keeps the last points, so that the next ones are turned to match."""

    def __init__(self, shown: Showcase, device: torch.device) -> None:
        self.inputs = shown.seen.to(device)
        self.sample = shown.encoded.to(device)
        self.picture = shown.picture
        self.units = shown.units
        self.points: Tensor | None = None

    def take(self, model: Autoencoder, step: int, epoch: int) -> SnapshotTaken:
        """Encode the sample and reconstruct the pictures; the model must be in eval mode."""
        with torch.inference_mode():
            chunks = [model.encode(to_float(part)) for part in self.sample.split(CHUNK)]
            codes = torch.cat(chunks).to("cpu", torch.float32)
            reconstructions = self.picture(model(to_float(self.inputs)).float())
        self.points, explained = plane(codes, self.points)
        found = outline(model, self.sample, codes, self.units) if self.units else None
        made, decoded = (found.made, found.decoded) if found else (None, None)
        return SnapshotTaken(step, epoch, self.points, explained, reconstructions, made, decoded)


def plane(codes: Tensor, before: Tensor | None = None) -> tuple[Tensor, float]:
    """Codes (n, k) as points (n, 2), and the share of their variance that these show.

    Two numbers are shown as they are, one on a line; of more, the first two principal
    components, turned and mirrored to lie closest to the points `before` (Procrustes).
    """
    if codes.shape[1] <= 2 or not bool(codes.isfinite().all()):
        padded = torch.nn.functional.pad(codes[:, :2].clone(), (0, max(0, 2 - codes.shape[1])))
        return padded, 1.0
    centred, size = _to_unit(codes - codes.mean(0))
    left, scale, _ = torch.linalg.svd(centred, full_matrices=False)
    points = left[:, :2] * scale[:2]
    power = scale.square()
    explained = float(power[:2].sum() / power.sum().clamp_min(1e-12))
    if before is not None and before.shape == points.shape:
        turn_left, _, turn_right = torch.linalg.svd(points.T @ _to_unit(before)[0])
        points = points @ (turn_left @ turn_right)
    return points * size, explained


def _to_unit(values: Tensor) -> tuple[Tensor, Tensor]:
    """Values within [-1, 1] and their size: the squares of a diverging run's codes overflow."""
    size = values.abs().max().clamp_min(1e-30)
    return values / size, size
