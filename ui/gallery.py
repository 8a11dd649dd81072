"""Reconstructions of test images for the Reconstruct page: worst, best, in order, by class."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple

import torch
from torch import Tensor

from aecore.config import knobs
from aecore.corruptions import corruptions
from aecore.datasets import ImageData
from aecore.errors import InputError
from aecore.metrics.reconstruction import decibels, mse_per_image
from aecore.reports.damaged import corruption_of
from aecore.runs import Run
from aecore.runs.inference import LoadedModel, reconstruct
from aecore.samples import NOUNS, to_float
from ui.asked import number, whole
from ui.envelope import pack
from ui.resources import of_samples, run_data, run_model

RANKED = 2000
"""Test images that are compared with each other; the page says so."""
MOST = 60
ORDERS = ("worst", "best", "first")


@dataclass(frozen=True)
class View:
    """What is asked for, checked."""

    corruption: str = "none"
    level: float = 0.0
    seed: int = 0
    order: str = "worst"
    label: int = -1
    count: int = 12

    @classmethod
    def parse(cls, asked: Mapping[str, str]) -> View:
        """From a link's values. Raises InputError."""
        order = asked.get("order", cls.order)
        if order not in ORDERS:
            raise InputError(f"order: expected worst, best or first, got {order[:20]!r}.")
        name = asked.get("corruption", cls.corruption)
        leveled = any(declared.name == "level" for declared in knobs(corruptions[name].Config))
        return cls(
            name,
            number(asked.get("level", "0"), "level") if leveled else cls.level,
            whole(asked.get("seed", "0"), "seed", 0, 10**6),
            order,
            whole(asked.get("label", "-1"), "label", -1, 10**6),
            min(MOST, whole(asked.get("count", "12"), "count", 1)),
        )


def gallery(run: Run, asked: Mapping[str, str]) -> bytes:
    """An envelope with `count` samples: originals, inputs, outputs, signed errors and PSNRs.

    values: noun, what a sample is called. Samples that are no images are sent as pictures, their
    errors as what these differ by, and mse_in and mse_out take the place of PSNRs.
    """
    view = View.parse(asked)
    data, loaded = run_data(run), run_model(run)
    found = _compared(run, loaded, view.corruption, view.level, view.seed)
    labels = data.part_labels("test", RANKED)
    rows = _rows(found.mse_out, labels, view)
    clean = found.clean[rows]
    error = _signed(data, found.outputs[rows], clean)
    of_class = int((labels == view.label).sum()) if view.label >= 0 else len(labels)
    told: dict[str, Any] = {"compared": len(labels), "found": of_class, "step": loaded.step}
    told["noun"] = NOUNS[data.kind][0]
    arrays = {
        "originals": data.pictures(clean),
        "inputs": data.pictures(found.inputs[rows]),
        "outputs": data.pictures(found.outputs[rows]),
        "errors": error.mul(127).round().to(torch.int8),
        "labels": labels[rows],
        "rows": rows,
    }
    for name, mse in {"in": found.mse_in[rows], "out": found.mse_out[rows]}.items():
        arrays |= {f"psnr_{name}": decibels(mse)} if data.kind == "image" else {f"mse_{name}": mse}
    told["classes"] = data.classes
    return pack(told, {name: tensor.numpy() for name, tensor in arrays.items()})


def _signed(data: ImageData, outputs: Tensor, clean: Tensor) -> Tensor:
    """How far pixels are too bright, -1 to 1; of what is no image those of its pictures."""
    if data.kind == "image":
        return (outputs - to_float(clean)).clamp(-1, 1)
    return to_float(data.pictures(outputs)) - to_float(data.pictures(clean))


def _rows(mse: Tensor, labels: Tensor, view: View) -> Tensor:
    rows = torch.arange(len(labels))
    if view.label >= 0:
        rows = rows[labels == view.label]
    if view.order != "first":
        rows = rows[mse[rows].argsort(descending=view.order == "worst", stable=True)]
    return rows[: view.count]


class Compared(NamedTuple):
    """The first test images, what the encoder saw and gave back, and how far each is off."""

    clean: Tensor
    inputs: Tensor
    outputs: Tensor
    mse_in: Tensor
    mse_out: Tensor


@of_samples
@lru_cache(maxsize=4)
def _compared(run: Run, loaded: LoadedModel, name: str, level: float, seed: int) -> Compared:
    corruption = corruption_of(run.spec, name, level)
    clean = run_data(run).part("test", RANKED)
    inputs, outputs = reconstruct(loaded.model, clean, corruption, seed)
    x = to_float(clean)
    return Compared(clean, inputs, outputs, mse_per_image(inputs, x), mse_per_image(outputs, x))
