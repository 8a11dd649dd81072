"""Who may work on a run, and what people ask of its worker: each one transaction."""

from __future__ import annotations

import os
import sqlite3
import time
from typing import Any, Literal

import psutil

from aecore.runs.database import Database, put_status
from aecore.runs.status import LIVE, RESUMABLE, status_of, worker_alive
from aecore.runs.store import Run
from aecore.training import TrainConfig

Action = Literal["pause", "stop", "learning_rate"]


def claim(database: Database, attempt: int | None = None) -> int | None:
    """Make this process the run's worker, in one transaction, and fence the connection.

    Args:
        attempt: the number that an engine gave. It shuts out the worker of a lower one, living
            or not, and hears what was asked and not yet obeyed. Without it: the next number,
            unless a living worker has the run, and what was asked before is forgotten.

    Returns the attempt's number, or None where the run is over or belongs to another worker.
    """
    with database.write() as db:
        raw = database.status()
        before = int(raw.get("attempt", 0))
        number = before + 1 if attempt is None else attempt
        if _over(raw) or number < before:
            return None
        if (attempt is None or number == before) and _taken(raw):
            return None
        if attempt is None and raw.get("state") != "starting":
            forget_commands(db)
        me, now = psutil.Process(), time.time()
        values = {"state": "starting", "pid": me.pid, "pid_started": me.create_time()}
        values |= {"beat": now, "progress_at": now, "message": "", "reason": "", "remote": ""}
        put_status(db, {**values, "attempt": number, "managed": attempt is not None})
    database.fence(number)
    return number


def _over(raw: dict[str, Any]) -> bool:
    """A run that a device's error ended may be tried again: nothing is wrong with the run."""
    if raw.get("state") == "failed":
        return raw.get("reason") != "device"
    return raw.get("state") == "finished"


def _taken(raw: dict[str, Any]) -> bool:
    """Whether a living process other than this one has the run."""
    if raw.get("state") not in LIVE or raw.get("pid") in (None, os.getpid()):
        return False
    return worker_alive(raw)


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


def set_aside(run: Run, state: Literal["queued", "paused", "stopped"]) -> None:
    """Write where a run stands that no worker is at, and drop what was asked of an earlier one.

    The catalogue's queue calls this; whoever claims the run after it hears every later command.
    """
    database = run.database()
    try:
        with database.write() as db:
            forget_commands(db)
            put_status(db, {"state": state, "message": "", "reason": "", "pid": None})
    finally:
        database.close()


def leave_command(run: Run, action: Action, value: float | None = None) -> None:
    """Leave a command for the worker that has the run, or is on its way to it.

    Raises StoreError where the disk refuses, and InputError for a learning rate that no run may
    have.
    """
    if action == "learning_rate":
        TrainConfig.parse({"learning_rate": value})
    database = run.database()
    try:
        database.command(action, value)
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


def waiting_command(run: Run) -> str:
    """A pause or stop that no worker has followed yet; nothing where there is none."""
    database = run.database()
    try:
        found = database.rows(
            "SELECT action FROM command WHERE action IN ('pause', 'stop') ORDER BY id DESC LIMIT 1"
        )
    finally:
        database.close()
    return str(found[0][0]) if found else ""
