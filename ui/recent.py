"""The runs that pages list. A folder that cannot be read hides itself, never the page."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from itertools import islice

from aecore.errors import AecoreError
from aecore.runs import Run, RunStore, Status, read_status

Listed = tuple[Run, Status]


def recent(limit: int) -> list[Listed]:
    """The newest runs that can be read, newest first, and how each stands."""
    return list(islice(_readable(RunStore()), limit))


def demo_run() -> Run | None:
    """The demonstration run; it is made where there is no other, so it can only be the oldest."""
    oldest = _readable(deque(RunStore(), maxlen=1))
    return next((run for run, status in oldest if status.demo), None)


def _readable(runs: Iterable[Run]) -> Iterator[Listed]:
    for run in runs:
        try:
            yield run, read_status(run)
        except (AecoreError, ValueError, TypeError):  # damaged, or deleted since it was listed
            continue
