"""A run that is trained on another machine, kept as complete here as if it were trained here.

Everything is fenced by the attempt: once a newer one's words are here, an older one's are not
taken any more. Whatever order a crash cuts, the checkpoint here is never ahead of the curves.
"""

from __future__ import annotations

import json
import sqlite3
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from aecore.errors import CheckpointDamaged, Fenced
from aecore.runs.checkpoints import listed, take
from aecore.runs.database import Database, put_status
from aecore.runs.files import write
from aecore.runs.store import Run

TABLES = {
    "metric": "INSERT OR REPLACE INTO metric VALUES (?, ?, ?, ?, ?)",
    "rate": "INSERT OR REPLACE INTO rate VALUES (?, ?, ?)",
    "snapshot": "INSERT OR REPLACE INTO snapshot VALUES (?, ?, ?)",
    "change": "INSERT OR REPLACE INTO change VALUES (?, ?)",
}


def parcel(run: Run) -> dict[str, bytes]:
    """What a worker elsewhere needs of a run's folder, by path: all but the curves so far."""
    files = {"spec.json": (run.folder / "spec.json").read_bytes()}
    for folder in listed(run.checkpoints):
        files |= {f"checkpoints/{folder.name}/{p.name}": p.read_bytes() for p in folder.iterdir()}
    with tempfile.TemporaryDirectory() as scratch:
        path = Path(scratch) / "metrics.db"
        _copy_state(run, path)
        files["metrics.db"] = path.read_bytes()
    return files


def _copy_state(run: Run, path: Path) -> None:
    here, there = run.database(), Database(path)
    try:
        there.create()
        with there.write() as db:
            put_status(db, {**here.status(), "remote": ""})
            db.executemany(TABLES["change"], here.changes().items())
    finally:
        here.close()
        there.close()  # the last one out folds the log into the file


class Mirror:
    """What is known here of one attempt; `newest` is the newest known when this was made."""

    def __init__(self, run: Run, attempt: int) -> None:
        self.run = run
        self.attempt = attempt
        self._since = -1
        self._files: dict[str, tuple[int, int]] = {}
        status = self._status()
        self.newest = int(status.get("attempt", 0))
        self._log = int(status.get("log_bytes", 0)) if status.get("attempt") == attempt else 0

    def wanted(self) -> dict[str, Any]:
        """What to ask the agent for; see `ray_agent.Agent.pull`."""
        database = self.run.database()
        try:
            heard = int(database.status().get("heard", 0))
            commands = database.commands(heard)
        finally:
            database.close()
        names = [folder.name for folder in listed(self.run.checkpoints)]
        known = {"since": self._since, "log": self._log, "files": self._files}
        return {**known, "checkpoints": names, "commands": commands}

    def take(self, told: Mapping[str, Any]) -> None:
        """Write down what the agent handed over.

        Raises Fenced where a newer attempt has been heard of, and StoreError where the disk
        refuses; the next pull brings the same again.
        """
        database = self.run.database()
        try:
            self._check(database)
            self._take_files(told["files"])
            self._take_rows(database, told["rows"])
            if told["checkpoint"] is not None:
                self._take_checkpoint(database, told["checkpoint"])
            self._take_log(told["log"])
            self._take_status(database, told)
        finally:
            database.close()

    def lose(self) -> None:
        """The worker is gone, and with it all that was not handed over."""
        if self._status().get("attempt") == self.attempt:
            database = self.run.database()
            try:
                database.fence(self.attempt)
                database.set_status({"mirrored": 0})
            finally:
                database.close()

    def _status(self) -> dict[str, Any]:
        database = self.run.database()
        try:
            return database.status()
        finally:
            database.close()

    def _check(self, database: Database) -> None:
        newest = int(database.status().get("attempt", 0))
        if newest > self.attempt:
            raise Fenced(
                f"Attempt {self.attempt} at run {self.run.id} has been replaced by {newest}; "
                "nothing more is taken from it."
            )

    def _take_files(self, files: Mapping[str, tuple[tuple[int, int], bytes]]) -> None:
        for name, (mark, content) in files.items():
            write(self.run.folder / name, content, durable=False)
            self._files[name] = mark

    def _take_rows(self, database: Database, rows: Mapping[str, list[tuple[Any, ...]]]) -> None:
        with database.write() as db:
            self._check(database)
            _put(db, rows)
        self._since = max([self._since, *(row[0] for row in rows["rate"])])

    def _take_checkpoint(self, database: Database, contents: Mapping[str, bytes]) -> None:
        try:
            take(self.run.checkpoints, contents, lambda: self._check(database))
        except CheckpointDamaged:
            return  # it is asked for again

    def _take_log(self, text: bytes) -> None:
        if text:
            with (self.run.folder / "log.txt").open("ab") as file:
                file.write(text)
            self._log += len(text)

    def _take_status(self, database: Database, told: Mapping[str, Any]) -> None:
        status = {key: json.loads(value) for key, value in told["status"].items()}
        if status.get("attempt") != self.attempt:
            return  # its worker has not begun
        word = time.time() if told["code"] is None else 0
        mine = {"remote": told["node"], "mirrored": word, "log_bytes": self._log}
        with database.write() as db:
            self._check(database)
            put_status(db, {**status, **mine})


def _put(db: sqlite3.Connection, rows: Mapping[str, list[tuple[Any, ...]]]) -> None:
    for table, statement in TABLES.items():
        db.executemany(statement, rows[table])
