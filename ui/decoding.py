"""The decoder under the hand: which numbers a code has, and the image that any code stands for."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import NamedTuple

import torch
from torch import Tensor

from aecore.errors import InputError
from aecore.maps.samples import MOST_HELD_OUT, codes_of
from aecore.models.variational import Variational
from aecore.runs import Run
from aecore.runs.inference import LoadedModel
from aecore.training.snapshots import to_bytes
from ui.asked import number, whole
from ui.envelope import pack
from ui.resources import run_data, run_model
from ui.words import NO_CODE

MOST_AXES = 32
"""Numbers of a code that can be moved; those that differ most between images."""
EDGE = 0.005
"""Share of the test images whose number lies below, and beyond, what a slider reaches."""


class Axes(NamedTuple):
    """Codes of the held-out images, and what is known of each of their d numbers.

    codes: (m, d); order: (d,) int64, the most varied first; low, high, middle: (d,).
    """

    codes: Tensor
    order: Tensor
    low: Tensor
    high: Tensor
    middle: Tensor


def axes(run: Run, asked: Mapping[str, str]) -> bytes:  # noqa: ARG001
    """What the sliders need, as an envelope: place, range, middle and spread of each number."""
    loaded = run_model(run)
    found = _axes(run, loaded)
    order = found.order[:MOST_AXES]
    spread = found.codes.std(0, unbiased=False)[order]
    values = {
        "step": loaded.step,
        "numbers": found.codes.shape[1],
        "draws": isinstance(loaded.model, Variational),
        "images": len(found.codes),
    }
    arrays = {"axis": order, "low": found.low[order], "high": found.high[order],
              "middle": found.middle[order], "spread": spread}  # fmt: skip
    return pack(values, {name: tensor.numpy() for name, tensor in arrays.items()})


def decoded(run: Run, asked: Mapping[str, str]) -> bytes:
    """The image of a code, as an envelope: (1, C, H, W) uint8, and the numbers that can be moved.

    asked: `start` is "middle", "prior" (with `seed`) or the number of a test image; `moved` is
    such as "3:0.5,7:-1.2", axes and their new values.

    Raises InputError for anything else.
    """
    loaded = run_model(run)
    found = _axes(run, loaded)
    code = _start(loaded, found, asked)
    for axis, value in _moved(asked.get("moved", ""), code.shape[1]):
        code[0, axis] = value
    with torch.inference_mode():
        image = to_bytes(loaded.model.decode(code))
    numbers = code[0, found.order[:MOST_AXES]]
    return pack({"step": loaded.step}, {"image": image.numpy(), "numbers": numbers.numpy()})


def _start(loaded: LoadedModel, found: Axes, asked: Mapping[str, str]) -> Tensor:
    start = asked.get("start", "middle")
    if start == "middle":
        return found.middle[None].clone()
    if start == "prior":
        if not isinstance(loaded.model, Variational):
            raise InputError(f"{loaded.model.title} has no prior to draw from; start elsewhere.")
        seed = whole(asked.get("seed", "0"), "seed", 0, 10**9)
        return loaded.model.sample_prior(1, torch.Generator().manual_seed(seed)).clone()
    index = whole(start, "start", 0, len(found.codes) - 1)
    return found.codes[index : index + 1].clone()


def _moved(text: str, count: int) -> list[tuple[int, float]]:
    if not text:
        return []
    pairs = [part.partition(":") for part in text.split(",")]
    if len(pairs) > MOST_AXES:
        raise InputError(f"moved: at most {MOST_AXES} numbers can be moved, got {len(pairs)}.")
    return [
        (whole(axis, "moved", 0, count - 1), number(value, "moved")) for axis, _, value in pairs
    ]


@lru_cache(maxsize=4)
def _axes(run: Run, loaded: LoadedModel) -> Axes:
    if not loaded.model.has_code:
        raise InputError(NO_CODE)
    codes = codes_of(loaded, run_data(run).part("test", MOST_HELD_OUT))
    low, high = _edges(codes)
    order = codes.var(0, unbiased=False).argsort(descending=True, stable=True)
    return Axes(codes, order, low, high, codes.mean(0))


def _edges(codes: Tensor) -> tuple[Tensor, Tensor]:
    """Between which values all but the outermost images lie, a number each; never equal."""
    ordered = codes.sort(0).values
    outermost = int(EDGE * len(codes))
    low, high = ordered[outermost], ordered[len(codes) - 1 - outermost]
    return low, torch.where(high > low, high, low + 1)
