"""Checkpoints and snapshots of a stranger's archive: kept where they fit the run, written anew."""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import closing
from dataclasses import fields
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from aecore.datasets import DataSource
from aecore.datasets.pictures import pictures
from aecore.errors import CheckpointDamaged
from aecore.runs.archive_rows import MOST
from aecore.runs.checkpoints import KEPT, listed, load, save
from aecore.runs.checks import blank_model
from aecore.runs.files import pack, unpack, write
from aecore.runs.spec import RunSpec
from aecore.runs.store import Run
from aecore.training.position import Position
from aecore.training.state import State

FIXED = {"originals": 4, "inputs": 4, "labels": 1, "rows": 1, "sample": 4, "sample_labels": 1}
SNAPSHOT = {"points": 2, "reconstructions": 4}
"""Tensors of the two kinds of snapshot files, with their number of dimensions."""
OF_POINTS = {"places": 4, "along": 1}, {"made": 4, "decoded": 3}
"""What the two have beside these where the samples are points: all float32."""
REST = re.compile(r"(optimizer|best|safe)\.\d{1,6}|random\.\w{1,20}|sums|points", re.ASCII)


def take_checkpoints(raw: Path, made: Path, spec: RunSpec) -> list[str]:
    """Save the newest whole checkpoints that fit the spec; a sentence on each that does not.

    Raises InputError where the spec makes no model, and StoreError where the disk refuses.
    """
    expected = blank_model(spec).state_dict()
    notes: list[str] = []
    taken = 0
    for path in reversed(listed(raw)):
        try:
            state = load(path)
            _check_state(path.name, state, expected)
        except CheckpointDamaged as error:
            notes.append(str(error))
            continue
        save(made, state)
        taken += 1
        if taken == KEPT:
            break
    return notes


def _check_state(name: str, state: State, expected: Mapping[str, Tensor]) -> None:
    """Raises CheckpointDamaged where a state is none of a run with this model."""
    shapes = [(tensor.shape, tensor.dtype) for tensor in expected.values()]
    same = set(state.model) == set(expected) and all(
        (state.model[key].shape, state.model[key].dtype) == (tensor.shape, tensor.dtype)
        for key, tensor in expected.items()
    )
    copies = all(_copied(state.rest, prefix) in ([], shapes) for prefix in ("best", "safe"))
    if not (same and copies and all(REST.fullmatch(key) for key in state.rest)):
        raise CheckpointDamaged(f"Checkpoint {name} does not fit the model of its run.")
    if not _is_position(state.numbers) or name != f"step-{state.numbers['step']:010d}":
        raise CheckpointDamaged(f"Checkpoint {name} does not tell where its run stood.")


def _copied(tensors: Mapping[str, Tensor], prefix: str) -> list[tuple[torch.Size, torch.dtype]]:
    found = (tensors[f"{prefix}.{i}"] for i in range(len(tensors)) if f"{prefix}.{i}" in tensors)
    return [(tensor.shape, tensor.dtype) for tensor in found]


def _is_position(numbers: Mapping[str, Any]) -> bool:
    """Whether these are values of a session's position; later fields may be missing."""
    kinds = {field.name: type(field.default) for field in fields(Position)}
    return (
        set(numbers) <= set(kinds)
        and all(name in numbers for name in ("step", "epoch", "terms"))
        and all(_is_value(kinds[name], value) for name, value in numbers.items())
    )


def _is_value(kind: type, value: Any) -> bool:
    if kind is int:
        return type(value) is int and 0 <= value < MOST
    if kind is float:
        return type(value) in (int, float)
    if kind is bool:
        return type(value) is bool
    return isinstance(value, list) and all(isinstance(term, str) for term in value)


def take_snapshots(raw: Run, made: Run, spec: RunSpec) -> list[str]:
    """Keep the snapshot files that fit the run's samples; a sentence on each that does not.

    Rows about snapshots without a file are dropped from the new `metrics.db`.
    """
    source = spec.make_source()
    notes = []
    for path in sorted(raw.snapshots.glob("*.safetensors")):
        try:
            tensors = unpack(path.read_bytes(), f"Snapshot {path.stem}")
            _check_tensors(path.stem, tensors, source)
        except CheckpointDamaged as error:
            notes.append(str(error))
            continue
        write(made.snapshots / path.name, pack(tensors), durable=False)
    with closing(made.database()) as database, database.write() as db:
        steps = [step for (step,) in db.execute("SELECT step FROM snapshot").fetchall()]
        lost = [(s,) for s in steps if not (made.snapshots / f"step-{s:010d}.safetensors").exists()]
        db.executemany("DELETE FROM snapshot WHERE step = ?", lost)
    return notes


def _check_tensors(name: str, tensors: Mapping[str, Tensor], source: DataSource) -> None:
    """Raises CheckpointDamaged where the tensors are not those of such a snapshot."""
    fixed = name == "fixed"
    wanted = dict(FIXED if fixed else SNAPSHOT)
    floats = OF_POINTS[0 if fixed else 1] if source.kind == "points" else {}
    drawn = pictures(torch.zeros(1, *source.shape), source.kind, source.columns)
    fit = (
        set(tensors) == {*wanted, *floats}
        and all(tensors[key].ndim == rank for key, rank in {**wanted, **floats}.items())
        and all(_like(tensors[key], drawn) for key, rank in wanted.items() if rank == 4)
        and all(_fits_points(tensors[key], source.shape) for key in floats)
    )
    if not fit:
        raise CheckpointDamaged(f"Snapshot {name} does not fit the samples of its run.")


def _like(tensor: Tensor, other: Tensor) -> bool:
    return (tensor.dtype, tensor.shape[1:]) == (other.dtype, other.shape[1:])


def _fits_points(tensor: Tensor, shape: tuple[int, int, int]) -> bool:
    """Whether these are numbers of points, (n, *shape), lines of points (lines, m, shape[2]), or
    one number each."""
    tail = {4: shape, 3: (*tensor.shape[1:2], shape[2])}.get(tensor.ndim, ())
    return (tensor.dtype, tensor.shape[1:]) == (torch.float32, tail)
