"""Checkpoints of a run: folders that are whole, verified by checksum, the last two kept."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Mapping
from math import inf, isfinite
from pathlib import Path
from typing import Any

from aecore.errors import CheckpointDamaged, StoreError
from aecore.runs.files import digest, pack, sync_folder, unpack, write, write_json
from aecore.training.state import State

KEPT = 2
MANIFEST = "manifest.json"
PARTS = ("model.safetensors", "rest.safetensors", "numbers.json")


def save(folder: Path, state: State, check: Callable[[], None] = lambda: None) -> Path:
    """Write `folder/step-…` and drop all but the last two. Raises StoreError; older ones stay.

    `check` is called before anything is touched and again before the whole gets its name; raise
    from it to save nothing.
    """
    check()
    step = int(state.numbers["step"])
    contents = {
        "model.safetensors": pack(state.model),
        "rest.safetensors": pack(state.rest),
        "numbers.json": json.dumps(_to_json(state.numbers), allow_nan=False).encode(),
    }
    return _keep(folder, step, contents, check)


def take(
    folder: Path, contents: Mapping[str, bytes], check: Callable[[], None] = lambda: None
) -> Path:
    """Like `save`, for the files of a checkpoint from another machine.

    Raises CheckpointDamaged where they do not match their manifest.
    """
    check()
    try:
        manifest = json.loads(contents[MANIFEST])
        parts = {name: contents[name] for name in PARTS}
        whole = {name: digest(part) for name, part in parts.items()} == manifest["sha256"]
        step = int(manifest["step"])
    except (KeyError, ValueError, TypeError) as error:
        raise CheckpointDamaged(f"A checkpoint arrived without a part ({error}).") from error
    if not whole:
        raise CheckpointDamaged(f"The checkpoint of step {step} arrived damaged.")
    return _keep(folder, step, parts, check)


def _keep(folder: Path, step: int, parts: dict[str, bytes], check: Callable[[], None]) -> Path:
    target = folder / f"step-{step:010d}"
    try:
        _place(parts, step, target, check)
    except OSError as error:
        if isinstance(error, StoreError):
            raise
        raise StoreError(
            f"Could not save {target.name}: {error.strerror}. Free some disk space or check the "
            "rights of the folder; what was saved before is untouched."
        ) from error
    for old in listed(folder)[:-KEPT]:
        shutil.rmtree(old, ignore_errors=True)
    return target


def _place(contents: dict[str, bytes], step: int, target: Path, check: Callable[[], None]) -> None:
    """Write all parts beside each other under another name, then rename the whole."""
    folder = target.parent
    for left in folder.glob(".step-*"):  # of a worker that was killed while saving
        shutil.rmtree(left, ignore_errors=True)
    partial = folder / f".{target.name}.{os.getpid()}"
    try:
        partial.mkdir(parents=True)
        for name, content in contents.items():
            write(partial / name, content)
        sums = {name: digest(content) for name, content in contents.items()}
        write_json(partial / MANIFEST, {"step": step, "sha256": sums})
        check()
        if target.exists():
            shutil.rmtree(target)
        partial.replace(target)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    sync_folder(folder)


def listed(folder: Path) -> list[Path]:
    """All checkpoints, oldest first."""
    return sorted(folder.glob("step-*"))


def load_last(folder: Path) -> tuple[State | None, list[str]]:
    """The newest whole checkpoint, if there is one, and a sentence on each damaged one."""
    problems: list[str] = []
    for path in reversed(listed(folder)):
        try:
            return load(path), problems
        except CheckpointDamaged as error:
            problems.append(str(error))
    return None, problems


def load(path: Path) -> State:
    """Read a checkpoint against its manifest. Raises CheckpointDamaged."""
    found = parts(path)
    try:
        numbers = _from_json(json.loads(found["numbers.json"]))
        model = unpack(found["model.safetensors"], path.name)
        return State(model, unpack(found["rest.safetensors"], path.name), numbers)
    except (KeyError, TypeError, ValueError) as error:
        raise CheckpointDamaged(f"Checkpoint {path.name} is damaged: {error}.") from error


def parts(path: Path) -> dict[str, bytes]:
    """The files of a whole checkpoint by name, its manifest too. Raises CheckpointDamaged."""
    found = {name: _read(path, name) for name in (*PARTS, MANIFEST)}
    try:
        sums = dict(json.loads(found[MANIFEST])["sha256"])
    except (ValueError, KeyError, TypeError) as error:
        raise CheckpointDamaged(f"Checkpoint {path.name} has no readable manifest.") from error
    for name in PARTS:
        if digest(found[name]) != sums.get(name):
            raise CheckpointDamaged(f"Checkpoint {path.name}: {name} does not match its checksum.")
    return found


def _read(path: Path, name: str) -> bytes:
    try:
        return (path / name).read_bytes()
    except OSError as error:
        raise CheckpointDamaged(f"Checkpoint {path.name} lacks {name}.") from error


def _to_json(numbers: dict[str, Any]) -> dict[str, Any]:
    """JSON has no infinity: the best loss before the first validation is written as null."""
    best = numbers["best"]
    return {**numbers, "best": best if isfinite(best) else None}


def _from_json(numbers: dict[str, Any]) -> dict[str, Any]:
    return {**numbers, "best": inf if numbers["best"] is None else numbers["best"]}
