"""What the newest model of a run makes of its test points, for the browser to draw."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from aecore.datasets import DataSource
from aecore.datasets.scaling import in_units
from aecore.errors import InputError
from aecore.runs import Run
from aecore.runs.inference import codes_of
from aecore.training.outline import along, outline
from aecore.training.snapshots import plane
from ui.envelope import pack
from ui.resources import run_data, run_model

MOST = 1000
"""Test points that are drawn at once."""


def points(run: Run, asked: Mapping[str, str]) -> bytes:  # noqa: ARG001
    """Test points, their reconstructions, codes and the decoder's image, as an envelope.

    values: step, explained, and as of `names`; arrays: as those of snapshots, of the first MOST
    test points. Raises InputError where the run's samples are no points.
    """
    loaded, data = run_model(run), run_data(run)
    if data.kind != "points":
        raise InputError("The samples of this run are no points.")
    sample = data.part("test", MOST)
    codes = codes_of(loaded.model, sample)
    units = partial(in_units, columns=data.columns)
    found = outline(loaded.model, sample, codes, units)
    seen, explained = plane(codes)
    arrays = {
        "places": units(sample),
        "along": along(data, MOST),
        "sample_labels": data.part_labels("test", MOST).int(),
        "made": found.made,
        "decoded": found.decoded,
        "points": seen,
    }
    values = {"step": loaded.step, "explained": explained, "classes": data.classes}
    values |= names(run.spec.make_source())
    return pack(values, {name: tensor.numpy() for name, tensor in arrays.items()})


def names(source: DataSource) -> dict[str, Any]:
    """What the axes are called, and the number that colours the points ("" where there is none)."""
    known = source.metadata
    return {"axes": [column.name for column in source.columns],
            "along": known[0].name if known else ""}  # fmt: skip
