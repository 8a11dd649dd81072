"""The whole state of a session as plain numbers and named tensors, to stop and go on exactly."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import torch
from torch import Tensor

from aecore.errors import CheckpointDamaged
from aecore.training.devices import random_state, set_random_state
from aecore.training.position import Position
from aecore.training.session import TrainingSession


@dataclass(frozen=True)
class State:
    """model: the weights by name; rest: every other tensor by name; numbers: JSON-able."""

    model: dict[str, Tensor]
    rest: dict[str, Tensor]
    numbers: dict[str, Any]


def capture(session: TrainingSession) -> State:
    """A copy of everything that the next step depends on. Call it at a `StepDone`."""
    rest = {f"optimizer.{i}": tensor for i, tensor in enumerate(session.learner.optimizer.state())}
    rest |= {f"best.{i}": tensor for i, tensor in enumerate(session.best)}
    if session.position.safe_step != session.position.step:
        rest |= {f"safe.{i}": tensor for i, tensor in enumerate(session.safe)}
    rest |= {f"random.{name}": t for name, t in random_state(session.device).items()}
    rest["random.noise"] = session.batches.noise.get_state()
    rest["sums"] = session.sums
    if session.snapshots.points is not None:
        rest["points"] = session.snapshots.points
    return State(
        {name: _copy(tensor) for name, tensor in session.model.state_dict().items()},
        {name: _copy(tensor) for name, tensor in rest.items()},
        asdict(session.position),
    )


def restore(session: TrainingSession, state: State) -> None:
    """Put a captured state into a session made from the same spec.

    Raises CheckpointDamaged where names or shapes do not match.
    """
    try:
        session.model.load_state_dict(state.model)
        session.learner.enter(max(0, int(state.numbers["step"]) - 1))
        _fill(session.learner.optimizer.state(), state.rest, "optimizer")
        session.best = [t.to(session.device) for t in _numbered(state.rest, "best")]
        safe = _numbered(state.rest, "safe") or session.weights()
        session.safe = [t.to(session.device, copy=True) for t in safe]
        session.sums = state.rest["sums"].to(session.device)
        session.snapshots.points = state.rest.get("points")
        session.position = Position(**{**state.numbers, "processes": session.parallel.size})
        session.batches.noise.set_state(state.rest["random.noise"])
        prefix = "random."
        saved = {name.removeprefix(prefix): t for name, t in state.rest.items() if prefix in name}
        set_random_state(session.device, saved)
    except (KeyError, RuntimeError, TypeError) as error:
        raise CheckpointDamaged(f"The checkpoint does not fit this run: {error}") from error


def _copy(tensor: Tensor) -> Tensor:
    return tensor.detach().to("cpu", copy=True).contiguous()


def _numbered(tensors: dict[str, Tensor], prefix: str) -> list[Tensor]:
    found: list[Tensor] = []
    while (name := f"{prefix}.{len(found)}") in tensors:
        found.append(tensors[name])
    return found


def _fill(places: list[Tensor], tensors: dict[str, Tensor], prefix: str) -> None:
    saved = _numbered(tensors, prefix)
    if len(saved) != len(places):
        raise KeyError(f"{len(saved)} {prefix} tensors instead of {len(places)}")
    with torch.no_grad():
        for place, tensor in zip(places, saved, strict=True):
            place.copy_(tensor)
