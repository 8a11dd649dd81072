"""What the live view of a run asks for, read from the run's folder."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from aecore.errors import InputError
from aecore.runs import Run
from aecore.runs.database import MetricRow
from aecore.runs.files import unpack
from ui.access import Seen, status_of
from ui.envelope import pack
from ui.points import names
from ui.words import noun

MOST_POINTS = 1500
"""Points of one curve that are sent at once; a screen shows no more."""


def live(seen: Seen, since: int) -> dict[str, Any]:
    """Status, and what happened after step `since`; `may_control` for whoever asks."""
    database = seen.run.database()
    try:
        status = status_of(seen, database)
        snapshots = database.rows("SELECT step, epoch, explained FROM snapshot ORDER BY step")
        if not (seen.run.snapshots / "fixed.safetensors").exists():
            snapshots = []  # they went with the data set, which was deleted
        return {
            "status": asdict(status),
            "may_control": seen.may("control"),
            "curves": _curves(database.metrics(since)),
            "changes": list(database.changes().items()),
            "snapshots": snapshots,
        }
    finally:
        database.close()


def _curves(rows: list[MetricRow]) -> list[dict[str, Any]]:
    """Rows as one entry a curve: {"split", "term", "steps", "values"}."""
    curves: dict[tuple[str, str], list[tuple[int, float]]] = {}
    for step, split, term, value in rows:
        curves.setdefault((split, term), []).append((step, value))
    return [_curve(split, term, points) for (split, term), points in sorted(curves.items())]


def _curve(split: str, term: str, points: list[tuple[int, float]]) -> dict[str, Any]:
    stride = -(-len(points) // MOST_POINTS)
    shown = points[::stride]
    if shown[-1] != points[-1]:
        shown.append(points[-1])
    steps, values = zip(*shown, strict=True)
    return {"split": split, "term": term, "steps": steps, "values": values}


def fixed(run: Run) -> bytes:
    """The fixed test images of a run, as an envelope. Raises InputError while there are none."""
    tensors = _tensors(run, "fixed")
    arrays = {name: tensor.numpy() for name, tensor in tensors.items()}
    source = run.spec.make_source()
    told = {"classes": source.classes, "corruption": run.spec.corruption, **names(source)}
    return pack({**told, "noun": noun(run.spec)}, arrays)


def snapshot(run: Run, step: int) -> bytes:
    """One snapshot as an envelope. Raises InputError where there is none of that step."""
    tensors = _tensors(run, f"step-{step:010d}")
    return pack({"step": step}, {name: tensor.numpy() for name, tensor in tensors.items()})


def _tensors(run: Run, name: str) -> dict[str, Any]:
    try:
        content = (run.snapshots / f"{name}.safetensors").read_bytes()
    except OSError:
        raise InputError(f"Run {run.id} has no snapshot {name!r} yet.") from None
    return unpack(content, name)
