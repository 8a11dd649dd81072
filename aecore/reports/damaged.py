"""What reports on restoring share: a run's images, damaged by a seed, the same for every method."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import torch
from torch import Generator, Tensor

from aecore.config import Settings, knob, knobs
from aecore.corruptions import Corruption, Erasing, corruptions
from aecore.datasets import ImageData, datasets, open_data
from aecore.errors import InputError
from aecore.metrics.intervals import Interval, mean_interval
from aecore.reports.base import Follow
from aecore.restoration import Chosen, Damage, Sample, choose, restorers
from aecore.runs.inference import CHUNK, LoadedModel, reconstructions
from aecore.runs.spec import RunSpec
from aecore.runs.store import Run
from aecore.samples import NOUNS, to_float
from aecore.training.batches import HELD_OUT, stream

OWN = "own"
KINDS = tuple(name for name in corruptions if name != "none")
if TYPE_CHECKING:
    Named = str
else:
    Named = Literal[(OWN, *KINDS)]

FIT_ON = 10_000
"""Training images that methods learn from, the first of the split."""
CHOSEN_ON = 200
"""Validation images that decide on strengths."""


class SampleConfig(Settings):
    """On how many test images, and with which draws of the damage."""

    count: int = knob(
        500, "Test images that are measured, from the first on.", low=20, high=100_000,
        label="Test images",
    )  # fmt: skip
    noise_seed: int = knob(
        0, "The same seed damages the same pixels again.", low=0, high=10**6, label="Noise seed"
    )


class DamageConfig(SampleConfig):
    """Which damage is to be undone, on how many test images."""

    corruption: Named = knob(
        OWN, "What damages the images; own takes what the run was trained to undo, or Gaussian."
    )
    level: float = knob(
        -1,
        "How strong, in the unit of the corruption; -1 takes the level of the training, or the "
        "corruption's default.",
        low=-1,
        high=180,
        label="Level",
    )


def corruption_of(spec: RunSpec, name: str = OWN, level: float = -1) -> Corruption:
    """A corruption; where it is the run's own, with the run's settings but for the level.

    level: -1 means that of the run, or the default. Raises InputError for one that cannot be.
    """
    if name == OWN:
        name = "gaussian" if spec.corruption == "none" else spec.corruption
    kind = corruptions[name]
    settings = spec.noise.model_dump() if name == spec.corruption else {}
    if level >= 0 and any(declared.name == "level" for declared in knobs(kind.Config)):
        settings["level"] = level
    return kind(kind.Config.parse(settings)).on(datasets[spec.dataset].kind)


def level_of(corruption: Corruption) -> float:
    """How strong a corruption is, in its own unit."""
    return float(getattr(corruption.config, "level", 0))


@dataclass(frozen=True)
class Trial:
    """The images of a run under one corruption: each method gets the same damaged ones."""

    data: ImageData
    corruption: Corruption
    seed: int
    count: int

    @classmethod
    def of(cls, run: Run, corruption: Corruption, seed: int, count: int) -> Trial:
        """Raises DataUnavailable where the images are gone, InputError where they lack colour."""
        kind = datasets[run.spec.dataset].kind
        if kind != "image":
            raise InputError(
                f"Restoring is measured on images, and these are {NOUNS[kind][1]}; look at a run "
                "of images."
            )
        data = open_data(run.spec.dataset, run.spec.source, run.spec.splits)
        corruption.check(data.shape, data.kind)
        return cls(data, corruption, seed, min(count, data.size("test")))

    def restored(self, loaded: LoadedModel, tick: Any) -> tuple[Sample, Tensor]:
        """The damaged test images and what the run makes of them, as Reconstruct shows them.

        The latter (count, C, H, W) float32 in [0, 1].
        """
        images = self.data.part("test", self.count)
        parts = []
        for part in reconstructions(loaded.model, images, self.corruption, self.seed):
            tick()
            parts.append(part)
        clean, seen, made = (torch.cat([part[i] for part in parts]) for i in range(3))
        return self._sample(clean, seen, HELD_OUT), made.clamp(0, 1)

    def chosen(self, name: str, tick: Any) -> Chosen:
        """A classical method, fitted on training images, its strength chosen on validation ones."""
        method = restorers[name]()
        method.fit(
            self.data.part("train", FIT_ON),
            Damage(self.corruption, self._generator(HELD_OUT, 2), tick),
        )
        clean = to_float(self.data.part("validation", CHOSEN_ON))
        seen = self.corruption(clean, self._generator(HELD_OUT, 1))
        return choose(method, self._sample(clean, seen, HELD_OUT, 1), tick)

    def _sample(self, clean: Tensor, seen: Tensor, *purpose: int) -> Sample:
        """Images and what a generator of this purpose left of them, with what it took away."""
        taken, again = None, self._generator(*purpose)
        if isinstance(self.corruption, Erasing):
            masks = [self.corruption.mask(part, again) for part in clean.split(CHUNK)]
            taken = torch.cat(masks)
        return Sample(self.corruption.task, clean, seen, taken)

    def _generator(self, *purpose: int) -> Generator:
        return Generator().manual_seed(stream(self.seed, *purpose))

    def scope(self) -> dict[str, Any]:
        """On what figures were measured."""
        return {
            "split": "test",
            "n": self.count,
            "task": self.corruption.task,
            "noise_seed": self.seed,
            "corruption": self.corruption.name,
            "level": level_of(self.corruption),
            "fitted_on": min(FIT_ON, self.data.size("train")),
            "chosen_on": min(CHOSEN_ON, self.data.size("validation")),
        }


def with_interval(name: str, values: Tensor | None) -> dict[str, float | None]:
    """Columns with a mean over images and its 95 % interval; None without values."""
    return columns(name, None if values is None else mean_interval(values.numpy()))


def columns(name: str, found: Interval | None) -> dict[str, float | None]:
    """Columns with a figure and its 95 % interval."""
    ends = (name, f"{name}_low", f"{name}_high")
    return dict(zip(ends, found or (None,) * 3, strict=True))


def ticking(follow: Follow, share: float, doing: str) -> Any:
    """A function without arguments that tells the same share again."""
    return lambda: follow(share, doing)
