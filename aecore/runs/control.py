"""Who may work on a run, and what people ask of its worker: each one transaction."""

from __future__ import annotations

import os
import sqlite3
import time
from typing import Literal

import psutil

from aecore.runs.database import Database, put_status
from aecore.runs.status import LIVE, RESUMABLE, status_of, worker_alive
from aecore.runs.store import Run
from aecore.training import TrainConfig

Action = Literal["pause", "stop", "learning_rate"]


def claim(database: Database) -> bool:
    """Make this process the run's worker, unless a living one is; in one transaction."""
    with database.write() as db:
        raw = database.status()
        ours = raw.get("pid") == os.getpid()
        taken = raw.get("state") in LIVE and raw.get("pid") is not None and worker_alive(raw)
        if (taken and not ours) or raw.get("state") in ("finished", "failed"):
            return False
        if raw.get("state") != "starting":
            forget_commands(db)
        me = psutil.Process()
        values = {"state": "starting", "pid": me.pid, "pid_started": me.create_time()}
        put_status(db, {**values, "message": "", "attempt": int(raw.get("attempt", 0)) + 1})
    return True


def forget_commands(db: sqlite3.Connection) -> None:
    """Drop what was asked of an earlier worker; from here on the next one hears everything."""
    db.execute("DELETE FROM command")


def mark_asked(run: Run) -> bool:
    """Note that a worker was asked for; False where one is on its way or at it already."""
    database = run.database()
    try:
        with database.write() as db:
            if status_of(run, database.status()).state not in RESUMABLE:
                return False
            forget_commands(db)
            put_status(db, {"state": "starting", "pid": None, "asked": time.time(), "message": ""})
        return True
    finally:
        database.close()


def ask(
    run: Run, action: Literal["pause", "stop", "learning_rate"], value: float | None = None
) -> None:
    """Ask a run's worker to pause, stop or change its learning rate; asking twice is harmless.

    A run without a worker is stopped at once. Raises StoreError where the disk refuses, and
    InputError for a learning rate that no run may have.
    """
    if action == "learning_rate":
        TrainConfig.parse({"learning_rate": value})
    database = run.database()
    try:
        state = status_of(run, database.status()).state
        if state in LIVE:
            database.command(action, value)
        elif action == "stop" and state in RESUMABLE:
            database.set_status({"state": "stopped"})
    finally:
        database.close()
