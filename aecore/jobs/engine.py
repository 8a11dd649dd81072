"""What starts a run's worker, wherever that is: one small interface, the same for every engine.

An engine knows nothing of users, order or quotas, and carries no data but a run's id: a worker
reads everything from its run's folder. Each start has an attempt number; the worker of a higher
attempt shuts out those of lower ones, so a worker believed dead can do no harm.
"""

from __future__ import annotations

import json
from collections.abc import Set
from dataclasses import asdict, dataclass, field
from typing import Literal, Protocol

from aecore.errors import InputError


@dataclass(frozen=True)
class Need:
    """What a run takes: bytes beyond the imports that every worker shares, and threads.

    gpu_memory is 0 for a run on the processor; then no graphics card is shown to it.
    """

    memory: int
    gpu_memory: int = 0
    threads: int = 1


@dataclass(frozen=True)
class Gpu:
    """A graphics card of a node; memory in bytes."""

    node: str
    index: int
    total: int
    free: int


@dataclass(frozen=True)
class Capacity:
    """What an engine has for workers, busy or not: processor slots, bytes of memory, cards."""

    slots: int
    memory: int
    gpus: tuple[Gpu, ...] = ()


@dataclass(frozen=True)
class Handle:
    """One attempt at a run. Two handles of the same attempt are equal.

    pid and started (when the process began, seconds since 1970) are None as long as the worker
    is on its way; the engine finds it all the same.
    """

    run: str
    attempt: int
    node: str = field(compare=False)
    pid: int | None = field(default=None, compare=False)
    started: float | None = field(default=None, compare=False)

    def to_json(self) -> str:
        """One line that `from_json` reads."""
        return json.dumps(asdict(self))

    @staticmethod
    def from_json(text: str) -> Handle:
        """Raises InputError for anything that is no handle."""
        try:
            return Handle(**json.loads(text))
        except (TypeError, ValueError) as error:
            raise InputError(
                f"{text[:80]!r} names no worker: expected what Handle.to_json wrote."
            ) from error


@dataclass(frozen=True)
class Polled:
    """How a worker is: running, exited, or lost with its node.

    An exited one has a code (see worker.py) or the signal that ended it; both are None where
    nobody of this engine was there to see it.
    """

    state: Literal["running", "exited", "lost"]
    code: int | None = None
    signal: int | None = None


class Engine(Protocol):
    """Starts and watches workers. Used by one thread; no call waits for a worker."""

    def capacity(self) -> Capacity:
        """What there is now."""

    def start(self, run_id: str, attempt: int, need: Need) -> Handle:
        """Start a worker; asking twice for the same attempt starts one.

        Raises InputError where the need can never be met here, and StoreError where nothing can
        be started at the moment.
        """

    def poll(self, handle: Handle) -> Polled:
        """How the worker is. Call it every second or so: between calls the engine does nothing."""

    def stop(self, handle: Handle, grace_seconds: float) -> None:
        """Ask the worker to save and leave; the first poll after the grace kills it."""

    def kill(self, handle: Handle) -> None:
        """End the worker at once. What it flushed and saved stays."""

    def adopt(self, handle: Handle) -> bool:
        """Take over a worker of an earlier engine; True if that very worker still runs."""

    def reap(self, known: Set[Handle]) -> None:
        """Stop the workers of this home that nobody knows of."""

    def warm_up(self) -> None:
        """Get ready, so that the next start takes milliseconds."""

    def close(self) -> None:
        """Let go: what trains goes on."""
