"""What is judged, and what a measure of it gives."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

import torch
from torch import Generator, Tensor

from aecore.corruptions import Corruption
from aecore.datasets import ImageData, Split
from aecore.metrics.pca import PcaBaseline, fit_pca
from aecore.models import Autoencoder
from aecore.runs.inference import CHUNK, reconstructions
from aecore.runs.spec import RunSpec
from aecore.samples import to_float
from aecore.training.batches import HELD_OUT, stream

Scores = dict[str, float]


@dataclass
class Found:
    """What has been measured.

    metrics: of the model; baselines: the same of others, by their name; counts: on how many images
    a metric was measured where these are not all of the split; per_dimension: one number for each
    axis of the code.
    """

    metrics: Scores = field(default_factory=dict)
    baselines: dict[str, Scores] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)
    per_dimension: dict[str, list[float]] = field(default_factory=dict)

    def add(self, other: Found) -> None:
        """Take in what another measure has found."""
        self.metrics |= other.metrics
        for name, scores in other.baselines.items():
            self.baselines[name] = self.baselines.get(name, {}) | scores
        self.counts |= other.counts
        self.per_dimension |= other.per_dimension


@dataclass(frozen=True)
class Subject:
    """A model in eval mode, and the images that it is judged on.

    seed: fixes all that is drawn; pulse: called every few images, and raises to end it all.
    """

    model: Autoencoder
    spec: RunSpec
    data: ImageData
    split: Split
    seed: int
    pulse: Callable[[], None]

    @cached_property
    def images(self) -> Tensor:
        """All of the split: (n, C, H, W) uint8."""
        return self.data.part(self.split)

    def generator(self, purpose: int) -> Generator:
        """Random numbers that the seed fixes, others for each purpose (1, 2, …)."""
        return Generator().manual_seed(stream(self.seed, HELD_OUT, purpose))

    def sample(self, split: Split, most: int) -> tuple[Tensor, Tensor]:
        """At most so many images of a split and their labels, drawn at random: uint8 and int64.

        The larger of two samples begins with the smaller one.
        """
        chosen = self.rows(split, most)
        return self.data.images[chosen], self.data.labels[chosen]

    def rows(self, split: Split, most: int) -> Tensor:
        """Which images of the data set `sample` gives: (m,) int64."""
        rows = self.data.splits[split]
        return rows[torch.randperm(len(rows), generator=self.generator(1))[:most]]

    def copies(self, corruption: Corruption) -> Iterator[tuple[Tensor, Tensor, Tensor]]:
        """(clean, input, output) of all images of the split, some at a time."""
        for parts in reconstructions(self.model, self.images, corruption, self.seed):
            self.pulse()
            yield parts

    def outputs(self, images: Tensor) -> Tensor:
        """What the model makes of clean images, as `Autoencoder.forward`."""
        return self.through(self.model, images)

    def codes(self, images: Tensor) -> Tensor:
        """Their codes without a label that the model was told, flat: (n, d) float32."""
        codes = self.through(self.model.encode, images).flatten(1)
        return codes[:, : codes.shape[1] - self.model.label_size]

    @cached_property
    def pca(self) -> PcaBaseline:
        """PCA of the training images with as many numbers as the code."""
        return fit_pca(self.data.part("train"), self.model.code_size)

    def through(self, function: Callable[[Tensor], Tensor], images: Tensor) -> Tensor:
        """A function of float images in [0, 1], applied to uint8 images some at a time."""
        parts = []
        for part in images.split(CHUNK):
            self.pulse()
            with torch.inference_mode():
                parts.append(function(to_float(part)))
        return torch.cat(parts)


class Measure(NamedTuple):
    """Metrics that are taken together.

    title: what is being measured, for who waits; applies: whether it makes sense for a subject.
    """

    title: str
    applies: Callable[[Subject], bool]
    take: Callable[[Subject], Found]
