"""The decoder under the hand: which numbers a code has, and the image that any code stands for."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from urllib.parse import parse_qsl

import torch
from torch import Tensor

from aecore.errors import InputError
from aecore.latent.axes import Axes, axes_of
from aecore.latent.codes import pictures, tell
from aecore.maps.samples import MOST_HELD_OUT
from aecore.models.variational import Variational
from aecore.runs import Run
from aecore.runs.inference import LoadedModel
from ui.asked import number, whole
from ui.envelope import pack
from ui.ground import code_at
from ui.resources import of_samples, run_data, run_model
from ui.words import NO_CODE

PLACE = "place:"
"""Before the query of a place on a map, from which a code is taken."""
MOST_AXES = 32
"""Numbers of a code that can be moved by hand; those that are used most."""


def axes(run: Run, asked: Mapping[str, str]) -> bytes:  # noqa: ARG001
    """What the sliders need, as an envelope: place, range, middle and use of each number.

    Values: `by` says what `use` is, KL in nats or variance; `classes` names those that a model
    can be told, none where it is told nothing.
    """
    loaded = run_model(run)
    found = known_axes(run, loaded)
    order = found.order[:MOST_AXES]
    values = {
        "step": loaded.step,
        "numbers": len(found.order),
        "by": found.by,
        "draws": isinstance(loaded.model, Variational),
        "images": len(found.codes),
        "classes": told_classes(run, loaded),
    }
    arrays = {"axis": order, "low": found.low[order], "high": found.high[order],
              "middle": found.middle[order], "use": found.use[:MOST_AXES]}  # fmt: skip
    return pack(values, {name: tensor.numpy() for name, tensor in arrays.items()})


def decoded(run: Run, asked: Mapping[str, str]) -> bytes:
    """The image of a code, as an envelope: (1, C, H, W) uint8, and the numbers that can be moved.

    asked: `start` is "middle", "prior" (with `seed`), the number of a test image, or PLACE and a
    query as of `ui.ground.spot`; `moved` is
    such as "3:0.5,7:-1.2", axes and their new values; `label` is the class that a conditional
    model is told, "" for the one of the start.

    Raises InputError for anything else.
    """
    loaded = run_model(run)
    found = known_axes(run, loaded)
    code = _start(run, loaded, found, asked)
    for axis, value in _moved(asked.get("moved", ""), len(found.order)):
        code[0, axis] = value
    if asked.get("label"):
        classes = len(told_classes(run, loaded))
        code = tell(code, whole(asked["label"], "label", 0, classes - 1), loaded.model.label_size)
    image = pictures(loaded.model.decode, code, run_data(run).pictures)
    numbers = code[0, found.order[:MOST_AXES]]
    return pack({"step": loaded.step}, {"image": image.numpy(), "numbers": numbers.numpy()})


def _start(run: Run, loaded: LoadedModel, found: Axes, asked: Mapping[str, str]) -> Tensor:
    start = asked.get("start", "middle")
    if start == "middle":
        return found.middle[None].clone()
    if start == "prior":
        if not isinstance(loaded.model, Variational):
            raise InputError(f"{loaded.model.title} has no prior to draw from; start elsewhere.")
        seed = whole(asked.get("seed", "0"), "seed", 0, 10**9)
        return loaded.model.sample_prior(1, torch.Generator().manual_seed(seed)).clone()
    if start.startswith(PLACE):
        return code_at(run, dict(parse_qsl(start.removeprefix(PLACE))))
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


def told_classes(run: Run, loaded: LoadedModel) -> tuple[str, ...]:
    """The classes that a model can be told in its code; none for one that is told nothing."""
    return run_data(run).classes[: loaded.model.label_size]


@of_samples
@lru_cache(maxsize=4)
def known_axes(run: Run, loaded: LoadedModel) -> Axes:
    """The numbers of a run's code over its test images. Raises InputError where it has none."""
    if not loaded.model.has_code:
        raise InputError(NO_CODE)
    return axes_of(loaded.model, run_data(run).part("test", MOST_HELD_OUT))
