"""A worker's sign of life, from a thread of its own: it tells a hung worker from a dead one."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from aecore.errors import Fenced, StoreError
from aecore.runs.store import Run

BEAT_SECONDS = 2.0


class Heartbeat:
    """While the context is open, the status value `beat` (seconds since 1970) moves.

    The first beat is the claim's. `fenced` is called once, from the thread, where a newer attempt
    has claimed the run: a worker that hangs in a step hears of it nowhere else.
    """

    def __init__(self, run: Run, attempt: int, fenced: Callable[[], None]) -> None:
        self._run = run
        self._attempt = attempt
        self._fenced = fenced
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._beat, name="heartbeat", daemon=True)

    def __enter__(self) -> None:
        """Start beating."""
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        """Stop, after the beat under way."""
        self._over.set()
        self._thread.join()

    def _beat(self) -> None:
        while not self._over.wait(BEAT_SECONDS):
            try:
                self._once()
            except Fenced:
                self._fenced()
                return
            except StoreError:
                continue  # the disk may have room again by the next beat

    def _once(self) -> None:
        database = self._run.database()
        try:
            database.fence(self._attempt)
            database.set_status({"beat": time.time()})
        finally:
            database.close()
