"""A stranger's `metrics.db` made anew: its rows are read and judged, its file is never kept.

A SQLite file can carry triggers, views and computed columns, which are programs. So rows of the
known tables, and only values of the declared types, go into a fresh database.
"""

from __future__ import annotations

import json
import re
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from math import isfinite
from pathlib import Path
from typing import Any

from aecore.errors import InputError, NewerVersion
from aecore.runs.about import LINE, clean_text
from aecore.runs.archive_zip import refused
from aecore.runs.database import VERSION, Database
from aecore.runs.status import LIVE, RESUMABLE

OWN_WAY = ("status", "command")
"""Tables that are not copied row by row: of the status known keys are taken, of commands none."""
WORD = re.compile(r"[A-Za-z0-9_.+ -]{1,64}", re.ASCII)
MOST = 2**53
"""Whole numbers beyond it a browser cannot tell apart."""
MOST_CELL = 1_000_000
CHUNK = 5000
NUMBERS = ("step", "total_steps", "epoch", "steps_per_second", "images_per_second")

Row = tuple[Any, ...]


def copy_rows(source: Path, target: Path) -> None:
    """Write the rows of the database `source` into a fresh one at `target`.

    Raises InputError where it is none of a run, NewerVersion where a newer version made it, and
    StoreError where the disk refuses.
    """
    if not source.is_file():
        raise refused("it holds no metrics.db")
    with closing(Database(target)) as fresh:
        fresh.create()
        try:
            with closing(sqlite3.connect(f"{source.as_uri()}?mode=ro", uri=True)) as db:
                _distrust(db)
                for table in _tables(fresh):
                    _copy_table(db, fresh, table)
                fresh.set_status(_status(db))
        except InputError:
            raise
        except (sqlite3.Error, RecursionError, ValueError) as error:
            reason = clean_text(str(error), 80)
            raise refused(f"its metrics.db cannot be read ({reason})") from error


def _distrust(db: sqlite3.Connection) -> None:
    db.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, MOST_CELL)
    for pragma in ("trusted_schema=OFF", "cell_size_check=ON", "query_only=ON", "mmap_size=0"):
        db.execute(f"PRAGMA {pragma}")
    (version,) = db.execute("PRAGMA user_version").fetchone()
    if version > VERSION:
        raise NewerVersion(
            f"This run was made by a newer version of Autoencoder Lab (metrics.db {version}, this "
            f"one reads {VERSION}); open it with the version that made it."
        )


def _tables(fresh: Database) -> list[str]:
    found = fresh.rows("SELECT name FROM sqlite_schema WHERE type = 'table'")
    return [name for (name,) in found if name not in OWN_WAY and not name.startswith("sqlite_")]


def _copy_table(db: sqlite3.Connection, fresh: Database, table: str) -> None:
    known = fresh.rows("SELECT name, type, pk FROM pragma_table_info(?)", table)
    there = _columns(db, table)
    if not there:
        return
    if not there >= {name for name, _, key in known if key}:
        raise refused(f"{table} in its metrics.db lacks a column")
    columns = [column for column in known if column[0] in there]
    names = ", ".join(name for name, _, _ in columns)
    places = ", ".join("?" for _ in columns)
    for rows in _chunks(db, f"SELECT {names} FROM {table}"):
        for row in rows:
            _check_row(table, columns, row)
        with fresh.write() as mine:
            mine.executemany(f"INSERT OR REPLACE INTO {table} ({names}) VALUES ({places})", rows)


def _columns(db: sqlite3.Connection, table: str) -> set[str]:
    """The columns of a plain table; none where there is no such table."""
    kinds = db.execute(
        "SELECT type, rootpage FROM sqlite_schema WHERE lower(name) = ?", (table,)
    ).fetchall()
    if not kinds:
        return set()
    # A view and a virtual table have no page of their own.
    columns = db.execute("SELECT name, hidden FROM pragma_table_xinfo(?)", (table,)).fetchall()
    plain = len(kinds) == 1 and kinds[0][0] == "table" and kinds[0][1] > 0
    if not plain or any(hidden for _, hidden in columns):
        raise refused(f"{table} in its metrics.db is no plain table")
    return {name for name, _ in columns}


def _chunks(db: sqlite3.Connection, query: str) -> Iterator[list[Row]]:
    cursor = db.execute(query)
    while rows := cursor.fetchmany(CHUNK):
        yield rows


def _check_row(table: str, columns: list[Row], row: Row) -> None:
    for (name, kind, key), value in zip(columns, row, strict=True):
        if not (_fits(kind, value) or (value is None and not key)):
            raise refused(f"{table}.{name} in its metrics.db holds a value that no run writes")


def _fits(kind: str, value: Any) -> bool:
    if kind == "TEXT":
        return isinstance(value, str) and WORD.fullmatch(value) is not None
    if kind == "INTEGER":
        return isinstance(value, int) and 0 <= value < MOST
    return isinstance(value, int | float) and isfinite(value)


def _status(db: sqlite3.Connection) -> dict[str, Any]:
    """What stays true of a run elsewhere: no process, no command, nobody at work on it."""
    if not {"key", "value"} <= _columns(db, "status"):
        raise refused("its metrics.db holds no status")
    rows = db.execute("SELECT key, value FROM status LIMIT 1000").fetchall()
    raw = {key: json.loads(value) for key, value in rows if isinstance(value, str)}
    found = {name: raw[name] for name in NUMBERS if _number(raw.get(name))}
    now = time.time()
    found["created"] = min(raw["created"], now) if _number(raw.get("created")) else now
    state = raw.get("state")
    if state in ("finished", "failed") or (state in RESUMABLE and state != "queued"):
        words = {name: str(raw.get(name, "")) for name in ("message", "reason")}
        return {**found, "state": state, **{k: clean_text(v, LINE) for k, v in words.items()}}
    return {**found, "state": "interrupted" if state in LIVE else "paused"}


def _number(value: Any) -> bool:
    plain = isinstance(value, int | float) and not isinstance(value, bool)
    return plain and 0 <= value < MOST  # neither NaN nor infinity is
