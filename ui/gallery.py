"""Reconstructions of test images for the Reconstruct page: worst, best, in order, by class."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import torch
from torch import Tensor

from aecore.config import knobs
from aecore.corruptions import corruptions
from aecore.errors import InputError
from aecore.metrics.reconstruction import psnr_per_image
from aecore.runs import Run
from aecore.runs.inference import reconstruct
from aecore.training.batches import to_float
from aecore.training.snapshots import to_bytes
from ui.envelope import pack
from ui.resources import run_data, run_model

RANKED = 2000
"""Test images that are compared with each other; the page says so."""
MOST = 60


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
        try:
            view = cls(
                asked.get("corruption", "none"),
                float(asked.get("level", 0)),
                int(asked.get("seed", 0)),
                asked.get("order", "worst"),
                int(asked.get("label", -1)),
                min(MOST, max(1, int(asked.get("count", 12)))),
            )
        except ValueError as error:
            raise InputError(f"The view cannot be read: {error}") from None
        if view.order not in ("worst", "best", "first"):
            raise InputError(f"order: expected worst, best or first, got {view.order[:20]!r}.")
        return view


def gallery(run: Run, asked: Mapping[str, str]) -> bytes:
    """An envelope with `count` samples: originals, inputs, outputs, signed errors and PSNRs."""
    view = View.parse(asked)
    data, step = run_data(run), run_model(run).step
    found = _compared(run, step, view.corruption, view.level, view.seed)
    labels = data.part_labels("test", RANKED)
    rows = _rows(found.psnr_out, labels, view)
    clean = found.clean[rows]
    error = (found.outputs[rows] - to_float(clean)).clamp(-1, 1)
    of_class = int((labels == view.label).sum()) if view.label >= 0 else len(labels)
    values = {"compared": len(labels), "found": of_class, "classes": data.classes, "step": step}
    arrays = {
        "originals": clean,
        "inputs": to_bytes(found.inputs[rows]),
        "outputs": to_bytes(found.outputs[rows]),
        "errors": error.mul(127).round().to(torch.int8),
        "labels": labels[rows],
        "rows": rows,
        "psnr_in": found.psnr_in[rows],
        "psnr_out": found.psnr_out[rows],
    }
    return pack(values, {name: tensor.numpy() for name, tensor in arrays.items()})


def _rows(psnr: Tensor, labels: Tensor, view: View) -> Tensor:
    rows = torch.arange(len(labels))
    if view.label >= 0:
        rows = rows[labels == view.label]
    if view.order != "first":
        rows = rows[psnr[rows].argsort(descending=view.order == "best", stable=True)]
    return rows[: view.count]


class Compared(NamedTuple):
    """The first test images, what the encoder saw and gave back, and how far each is off."""

    clean: Tensor
    inputs: Tensor
    outputs: Tensor
    psnr_in: Tensor
    psnr_out: Tensor


@lru_cache(maxsize=4)
def _compared(run: Run, step: int, name: str, level: float, seed: int) -> Compared:  # noqa: ARG001  the step is half the key
    kind = corruptions[name]
    has_level = any(declared.name == "level" for declared in knobs(kind.Config))
    corruption = kind(kind.Config.parse({"level": level} if has_level else {}))
    clean = run_data(run).part("test", RANKED)
    inputs, outputs = reconstruct(run_model(run).model, clean, corruption, seed)
    x = to_float(clean)
    return Compared(clean, inputs, outputs, psnr_per_image(inputs, x), psnr_per_image(outputs, x))
