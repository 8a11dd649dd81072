"""What of the Train form fits samples that are no images, and these in a few words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from aecore.config import Knob, knobs
from aecore.corruptions import Corruption
from aecore.datasets import datasets
from aecore.runs import RunSpec
from aecore.runs.parts import PIXELS_ONLY
from ui.words import count_of, is_image, plain

NAMED = 12
"""Columns that are called by their names."""


def offered(registry: Mapping[str, Any], spec: RunSpec, value: str) -> dict[str, Any]:
    """What fits the samples, and what is chosen all the same: the page says what is wrong."""
    kind = datasets[spec.dataset].kind
    return {name: one for name, one in registry.items() if kind in one.kinds or name == value}


def fitting_loss(spec: RunSpec, declared: Knob) -> Knob:
    """A setting with the choices that the samples allow; the chosen one stays."""
    if declared.name != "likelihood" or is_image(spec):
        return declared
    chosen = spec.model.likelihood
    fitting = [one for one in declared.choices if one not in PIXELS_ONLY or one == chosen]
    return replace(declared, choices=tuple(fitting))


def damage_knobs(spec: RunSpec, kind: type[Corruption]) -> list[Knob]:
    """A corruption's settings; what is no image has no range of pixels to be cut back to."""
    return [one for one in knobs(kind.Config) if one.name != "clip" or is_image(spec)]


def columns_line(spec: RunSpec) -> str:
    """What the numbers of a sample are: "12 columns: height, width, …", as Markdown."""
    columns = spec.make_source().columns
    names = ", ".join(plain(column.name) for column in columns[:NAMED])
    more = f" and {len(columns) - NAMED} more" if len(columns) > NAMED else ""
    what = {"series": "channel", "points": "coordinate"}.get(datasets[spec.dataset].kind, "column")
    return f"{count_of(len(columns), what)}: {names}{more}."
