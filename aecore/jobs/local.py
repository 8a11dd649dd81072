"""Workers on this machine: processes of their own, one kept warm so that a run starts at once."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path

from aecore.errors import StoreError
from aecore.runs.control import mark_asked
from aecore.runs.store import Run


class LocalEngine:
    """Starts workers; they outlive whoever started them. Safe to call from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._spare: subprocess.Popen[bytes] | None = None
        self._children: list[subprocess.Popen[bytes]] = []
        self._closed = False

    def warm_up(self) -> None:
        """Have a worker ready, so that the next run need not wait for imports."""
        with self._lock:
            if not self._closed and (self._spare is None or self._spare.poll() is not None):
                self._spare = _spawn()

    def start(self, run: Run) -> bool:
        """Start or resume a run; False where a worker is at it already. Returns at once."""
        if not mark_asked(run):
            return False
        with self._lock:
            self._children = [child for child in self._children if child.poll() is None]
            worker, self._spare = self._spare, None
            if worker is None or worker.poll() is not None or not _tell(worker, run.id):
                worker = _spawn()
                _tell(worker, run.id)
            self._children.append(worker)
        threading.Timer(1.0, self.warm_up).start()  # not while the new run wants the processor
        return True

    def close(self) -> None:
        """Let the waiting worker go; those that train go on."""
        with self._lock:
            self._closed = True  # a warm-up may still be due
            if self._spare is not None and self._spare.stdin is not None:
                self._spare.stdin.close()
                self._children.append(self._spare)
                self._spare = None


def _spawn() -> subprocess.Popen[bytes]:
    package = str(Path(__file__).parents[2])  # found also where the app runs from another folder
    path = os.pathsep.join(filter(None, [package, os.environ.get("PYTHONPATH")]))
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": path}
    try:
        return subprocess.Popen(
            [sys.executable, "-m", "aecore.jobs.worker", "-"],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            env=environment,
        )
    except OSError as error:
        raise StoreError(f"No training process could be started: {error.strerror}.") from error


def _tell(worker: subprocess.Popen[bytes], run_id: str) -> bool:
    """Hand a run to a waiting worker."""
    pipe = worker.stdin
    try:
        if pipe is None:
            return False
        pipe.write(f"{run_id}\n".encode())
        pipe.close()
        return True
    except OSError:
        return False
