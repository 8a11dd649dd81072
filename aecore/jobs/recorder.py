"""Writes what a session tells into the run's folder, ten times a second, whole steps only."""

from __future__ import annotations

import time
from collections import deque
from typing import Any

from torch import Tensor

from aecore.runs.checkpoints import save
from aecore.runs.database import Database, MetricRow, put_metrics, put_status
from aecore.runs.files import pack, write
from aecore.runs.store import Run
from aecore.training import (
    Event,
    LearningRateChanged,
    Logged,
    SnapshotTaken,
    TrainingSession,
    capture,
)
from aecore.training.snapshots import Showcase

FLUSH_SECONDS = 0.1
CHECKPOINT_SECONDS = 20.0
FIRST_CHECKPOINT_SECONDS = 3.0
"""The first comes early, so that a young run has reconstructions to show."""
SPEED_WINDOW = 5.0


def present(**tensors: Tensor | None) -> dict[str, Tensor]:
    """Those that are there: some belong to points only."""
    return {name: tensor for name, tensor in tensors.items() if tensor is not None}


class Recorder:
    """The one writer of a run's folder while it trains."""

    def __init__(self, run: Run, database: Database) -> None:
        self.run = run
        self.database = database
        self.heard = 0
        """The newest command whose effect has been noted; the next worker goes on after it."""
        self._metrics: list[MetricRow] = []
        self._rates: list[tuple[int, int, float]] = []
        self._snapshots: list[tuple[int, int, float]] = []
        self._changes: list[tuple[int, float]] = []
        self._flushed = time.monotonic()
        self._saved = self._flushed - max(0.0, CHECKPOINT_SECONDS - FIRST_CHECKPOINT_SECONDS)
        self._pace: deque[tuple[float, int]] = deque()

    def showcase(self, shown: Showcase) -> None:
        """Keep the fixed test images beside the snapshots."""
        tensors = {
            "originals": shown.originals,
            "inputs": shown.inputs,
            "labels": shown.labels,
            "rows": shown.rows,
            "sample": shown.sample,
            "sample_labels": shown.sample_labels,
            **present(places=shown.places, along=shown.along),
        }
        write(self.run.snapshots / "fixed.safetensors", pack(tensors), durable=False)

    def note(self, event: Event) -> None:
        """Take an event in; it reaches the disk with the next flush."""
        match event:
            case Logged():
                rows = event.terms.items()
                self._metrics += [(event.step, event.split, term, v) for term, v in rows]
                self._rates.append((event.step, event.epoch, event.learning_rate))
            case LearningRateChanged():
                self._changes.append((event.step, event.value))
            case SnapshotTaken():
                name = f"step-{event.step:010d}.safetensors"
                tensors = {"points": event.points, "reconstructions": event.reconstructions}
                tensors |= present(made=event.made, decoded=event.decoded)
                write(self.run.snapshots / name, pack(tensors), durable=False)
                self._snapshots.append((event.step, event.epoch, event.explained))

    def due(self) -> bool:
        """Whether it is time to flush (and to look for commands)."""
        return time.monotonic() - self._flushed >= FLUSH_SECONDS

    def flush(self, session: TrainingSession, **status: Any) -> None:
        """Write everything noted and where the run stands, in one transaction."""
        values = {**self._progress(session), **status}
        with self.database.write() as db:
            put_metrics(db, self._metrics)
            db.executemany("INSERT OR REPLACE INTO rate VALUES (?, ?, ?)", self._rates)
            db.executemany("INSERT OR REPLACE INTO snapshot VALUES (?, ?, ?)", self._snapshots)
            db.executemany("INSERT OR REPLACE INTO change VALUES (?, ?)", self._changes)
            put_status(db, values)
        for noted in (self._metrics, self._rates, self._snapshots, self._changes):
            noted.clear()
        self._flushed = time.monotonic()

    def _progress(self, session: TrainingSession) -> dict[str, Any]:
        now, step = time.monotonic(), session.position.step
        self._pace.append((now, step))
        while now - self._pace[0][0] > SPEED_WINDOW:
            self._pace.popleft()
        seconds, steps = now - self._pace[0][0], step - self._pace[0][1]
        progress: dict[str, Any] = {"step": step, "epoch": session.position.epoch}
        progress |= {"progress_at": time.time(), "heard": self.heard}
        if seconds > 0 and steps > 0:
            speed = steps / seconds
            progress["steps_per_second"] = speed
            progress["images_per_second"] = speed * session.batches.size
        return progress

    def checkpoint(self, session: TrainingSession, *, now: bool = False) -> None:
        """Save the session if 20 s have passed since the last time, or now.

        Everything noted is written first: whoever goes on from here does not tell it again.
        Weights that are no numbers are not saved; the next log step will end that run.
        """
        passed = time.monotonic() - self._saved
        if (now or passed >= CHECKPOINT_SECONDS) and session.finite():
            self.flush(session)
            save(self.run.checkpoints, capture(session), self.database.check_fence)
            self._saved = time.monotonic()
