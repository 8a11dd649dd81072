"""What runs on a node of a Ray cluster: one agent a run, which starts its worker and hands over.

The agent is an actor of its own in the cluster, so that neither the web server's end nor the
supervisor's ends a run. The worker writes into a folder on the node's own disk (SQLite's log must
not lie on a network disk), and the engine's home fetches what is new: see ray_mirror.py.

No torch here: the agent stays for as long as its run, and should cost little beside it.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Mapping
from contextlib import closing
from math import inf
from pathlib import Path
from typing import Any

import ray

from aecore.jobs.engine import Gpu
from aecore.jobs.environment import environment
from aecore.jobs.gpus import list_gpus

FETCHED = ("snapshots/*.safetensors", "evaluation-*.json")
"""Files of a run that are handed over as they are; those of checkpoints go together."""

Mark = tuple[int, int]


class Agent:
    """One worker of one attempt, on this node.

    Args:
        files: what the run's folder holds at the start, by path within it.
        limits: those of `limits.Limits`; the card is the one that Ray gives.
    """

    def __init__(
        self, run_id: str, attempt: int, limits: Mapping[str, Any], files: Mapping[str, bytes]
    ) -> None:
        self._home = Path(tempfile.mkdtemp(prefix="aecore-"))
        self._folder = self._home / "runs" / run_id
        for name, content in files.items():
            path = self._folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        for name in ("snapshots", "checkpoints"):
            (self._folder / name).mkdir(exist_ok=True)
        self._kill_at = inf
        card = next((int(index) for index in ray.get_gpu_ids()), None)
        named = ["--attempt", str(attempt), "--limits", json.dumps({**limits, "gpu": card})]
        self._worker = self._start(run_id, *named)

    def _start(self, *arguments: str) -> subprocess.Popen[bytes]:
        with (self._folder / "log.txt").open("ab") as log:
            return subprocess.Popen(
                [sys.executable, "-m", "aecore.jobs.ray_worker", str(os.getpid()), *arguments],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                env=environment(self._home),
            )

    def stop(self, grace_seconds: float) -> None:
        """SIGTERM now, SIGKILL with the first `pull` after the grace."""
        if self._kill_at == inf and self._worker.poll() is None:
            self._worker.send_signal(signal.SIGTERM)
        self._kill_at = min(self._kill_at, time.monotonic() + grace_seconds)

    def kill(self) -> None:
        """SIGKILL."""
        self._worker.kill()

    def pull(self, wanted: Mapping[str, Any]) -> dict[str, Any]:
        """Hand over what the home lacks.

        Args:
            wanted: since: the step after which rows are new; log: how many bytes of the log are
                known; files: marks of those that are known; checkpoints: names of those;
                commands: what people asked for, as rows of the table.

        Returns node, code (None as long as the worker runs; negative for a signal), and what is
        new: checkpoint, rows by table, status, files with their marks, log. A checkpoint is never
        ahead of the rows, nor a row of its file.
        """
        if time.monotonic() >= self._kill_at:
            self._worker.kill()
        code = self._worker.poll()  # first: with a code, the rest is all that there will be
        checkpoint = self._checkpoint(wanted["checkpoints"])
        path = self._folder / "metrics.db"
        with closing(sqlite3.connect(path, timeout=10, isolation_level=None)) as db:
            told = _exchange(db, wanted["since"], wanted["commands"])
        return {
            "node": ray.get_runtime_context().get_node_id(),
            "code": code,
            "checkpoint": checkpoint,
            "files": self._files(wanted["files"]),
            "log": self._log(wanted["log"]),
            **told,
        }

    def clean(self) -> None:
        """Leave nothing behind on the node."""
        shutil.rmtree(self._home, ignore_errors=True)

    def _checkpoint(self, known: Iterable[str]) -> dict[str, bytes] | None:
        """The files of the newest checkpoint, unless it is known or is just being dropped."""
        newest = max(self._folder.glob("checkpoints/step-*"), default=None)
        if newest is None or newest.name in known:
            return None
        try:
            return {path.name: path.read_bytes() for path in newest.iterdir()}
        except FileNotFoundError:
            return None

    def _files(self, known: Mapping[str, Mark]) -> dict[str, tuple[Mark, bytes]]:
        new = {}
        for pattern in FETCHED:
            for path in self._folder.glob(pattern):
                name, seen = str(path.relative_to(self._folder)), path.stat()
                mark = (seen.st_size, seen.st_mtime_ns)
                if known.get(name) != mark:
                    new[name] = (mark, path.read_bytes())
        return new

    def _log(self, known: int) -> bytes:
        with (self._folder / "log.txt").open("rb") as file:
            file.seek(known)
            return file.read()


def _exchange(
    db: sqlite3.Connection, since: int, commands: Iterable[tuple[Any, ...]]
) -> dict[str, Any]:
    """Put commands in and take rows out, in one transaction."""
    db.execute("BEGIN")
    db.executemany("INSERT OR IGNORE INTO command VALUES (?, ?, ?)", commands)
    rows = {
        table: db.execute(f"SELECT * FROM {table} WHERE step > ?", (since,)).fetchall()
        for table in ("metric", "rate", "snapshot")
    }
    rows["change"] = db.execute("SELECT * FROM change").fetchall()
    status = dict(db.execute("SELECT * FROM status").fetchall())
    db.execute("COMMIT")
    return {"rows": rows, "status": status}


def count_cards(node: str, count: int) -> tuple[Gpu, ...]:
    """The cards of this node that Ray gives out."""
    os.environ.pop("CUDA_VISIBLE_DEVICES", None)  # Ray hides them from who asks for none
    return list_gpus(node)[:count]
