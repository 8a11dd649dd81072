"""Samples onto the disk, and what is known of them: done by the process with limits, too, so that
nothing here may import torch."""

from __future__ import annotations

import os
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from aecore.errors import InputError, StoreError
from aecore.intake.base import Taken

FEWEST = 10
"""Samples that a data set must have: each split then has two."""
AT_ONCE = 100_000
"""Samples that are searched for missing numbers together."""


def write_samples(taken: Taken, path: Path) -> dict[str, Any]:
    """Write samples as datasets/own.py reads them, without a copy of them in memory.

    Returns what `About` tells of them, in plain values for JSON. Raises InputError where they are
    too few, and StoreError, which may leave a broken file.
    """
    if len(taken.samples) < FEWEST:
        raise InputError(
            f"{len(taken.samples)} samples are too few to train on, to validate and to test; "
            f"give at least {FEWEST}."
        )
    arrays = {"samples": taken.samples, "labels": taken.labels}
    arrays |= {f"metadata.{i}": values for i, (_, values) in enumerate(taken.metadata)}
    return {**_facts(taken), "bytes": _write(path, arrays)}


def _write(path: Path, arrays: dict[str, Any]) -> int:
    """The size of the file in bytes."""
    from safetensors import SafetensorError
    from safetensors.numpy import save_file

    try:
        save_file({name: np.ascontiguousarray(each) for name, each in arrays.items()}, path)
        with path.open("rb") as file:
            os.fsync(file.fileno())
        return path.stat().st_size
    except (OSError, SafetensorError) as error:
        raise StoreError(
            f"Could not write {path.name}: {error}. Free some disk space or check the rights of "
            "the folder."
        ) from error


def _facts(taken: Taken) -> dict[str, Any]:
    count, *shape = taken.samples.shape
    return {
        "kind": taken.kind,
        "shape": shape,
        "count": count,
        "complete": count if taken.kind == "image" else _complete(taken.samples),
        "classes": list(taken.classes),
        "columns": [asdict(column) for column in taken.columns],
        "metadata": [asdict(column) for column, _ in taken.metadata],
        "label": taken.label,
        "rules": list(taken.rules),
        "skipped": dict(taken.skipped),
    }


def _complete(samples: Any) -> int:
    """How many samples miss no number."""
    parts = (samples[at : at + AT_ONCE] for at in range(0, len(samples), AT_ONCE))
    return sum(int((~np.isnan(part).any((1, 2, 3))).sum()) for part in parts)
