"""A run as the catalogue knows it."""

from __future__ import annotations

import json
from dataclasses import dataclass, fields
from typing import Any, cast

from sqlalchemy import Row, Select, select

from aecore.catalog import tables
from aecore.runs.status import State

WAITING = ("queued", "recovering")
ACTIVE = ("starting", "running", "pausing", "stopping", "stalled", "lost")
"""States in which a run holds a slot."""
OVER = ("finished", "failed", "stopped", "paused", "interrupted")


@dataclass(frozen=True)
class RunRow:
    """One row of the table `run`; see tables.py for what each means."""

    id: str
    owner: str
    name: str
    note: str
    tags: tuple[str, ...]
    dataset: str
    variant: str
    demo: bool
    created: float
    state: State
    message: str
    reason: str
    wish: str
    step: int
    total_steps: int
    score: float | None
    bytes: int
    deleted: float | None
    queued: float
    not_before: float
    tries: int
    saved_step: int
    seconds: float | None
    memory: int
    gpu_memory: int
    threads: int
    attempt: int
    engine: str
    handle: str
    supervisor: str
    lease_until: float
    started: float
    used_seconds: float

    @property
    def waiting(self) -> bool:
        """Whether it stands in the queue."""
        return self.state in WAITING

    @property
    def active(self) -> bool:
        """Whether it holds a slot."""
        return self.state in ACTIVE


NAMES = tuple(field.name for field in fields(RunRow))


def chosen() -> Select[Any]:
    """The query of all rows; add a `where`."""
    return _ALL  # made once: to build it takes longer than to ask it


_ALL = select(*(tables.run.c[name] for name in NAMES))


def row_of(found: Row[Any]) -> RunRow:
    """A row of `chosen`."""
    values = dict(found._mapping)
    return RunRow(**{**values, "tags": tuple(cast("list[str]", json.loads(values["tags"])))})
