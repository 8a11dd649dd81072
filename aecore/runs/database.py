"""`metrics.db` of one run: curves, status, events and commands, in one SQLite file.

One writer (the worker) and any number of readers; a page writes commands only. Every write is
one short transaction in WAL mode, so that a reader never waits and a kill tears nothing. A
worker's connection is fenced: once a newer attempt has claimed the run, it writes nothing more.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from functools import lru_cache
from math import inf, isfinite, nan
from pathlib import Path
from typing import Any

from aecore.errors import Fenced, StoreError

VERSION = 1
SCHEMA = """
CREATE TABLE metric (step INTEGER, split TEXT, term TEXT, value REAL, kind TEXT,
    PRIMARY KEY (step, split, term)) WITHOUT ROWID;
CREATE TABLE rate (step INTEGER PRIMARY KEY, epoch INTEGER, learning_rate REAL);
CREATE TABLE snapshot (step INTEGER PRIMARY KEY, epoch INTEGER, explained REAL);
CREATE TABLE change (step INTEGER PRIMARY KEY, learning_rate REAL);
CREATE TABLE command (id INTEGER PRIMARY KEY AUTOINCREMENT, action TEXT, value REAL);
CREATE TABLE status (key TEXT PRIMARY KEY, value TEXT) WITHOUT ROWID;
"""
SPECIAL = {"nan": nan, "inf": inf, "-inf": -inf}
"""SQLite stores NaN as NULL, so what is not finite keeps its kind beside it."""

MetricRow = tuple[int, str, str, float]


class Database:
    """A connection to one run's `metrics.db`; used by one thread at a time."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._db = _connect(path)
        self._attempt: int | None = None

    def create(self) -> None:
        """Make the tables."""
        with self.write() as db:
            for statement in SCHEMA.split(";"):
                db.execute(statement)
            db.execute(f"PRAGMA user_version={VERSION}")

    def close(self) -> None:
        """Close the connection; the last one out folds the log into the file."""
        self._db.close()

    def fence(self, attempt: int) -> None:
        """From now on write only as long as this attempt is the run's newest."""
        self._attempt = attempt

    def check_fence(self) -> None:
        """Raises Fenced where a newer attempt has claimed the run."""
        if self._attempt is None:
            return
        stored = self.rows("SELECT value FROM status WHERE key = 'attempt'")
        if stored != [(json.dumps(self._attempt),)]:
            raise Fenced(
                f"Attempt {self._attempt} at run {self.path.parent.name} has been replaced by a "
                "newer one and writes nothing more; look at the run itself."
            )

    @contextmanager
    def write(self) -> Iterator[sqlite3.Connection]:
        """One transaction: all of it or none.

        Raises StoreError where the disk refuses, and Fenced where the run is another's by now.
        """
        try:
            self._db.execute("BEGIN IMMEDIATE")
            try:
                self.check_fence()
                yield self._db
                self._db.execute("COMMIT")
            except BaseException:
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                raise
        except sqlite3.Error as error:
            raise _translate(error, self.path) from error

    def rows(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        """All rows of a query. Raises StoreError where the file cannot be read."""
        try:
            return self._db.execute(query, values).fetchall()
        except sqlite3.Error as error:
            raise _translate(error, self.path) from error

    def status(self) -> dict[str, Any]:
        """Every status value by key."""
        return {key: json.loads(value) for key, value in self.rows("SELECT * FROM status")}

    def metrics(self, since: int = -1, until: int | None = None) -> list[MetricRow]:
        """(step, split, term, value) of the steps after `since`, in order."""
        found = self.rows(
            "SELECT step, split, term, value, kind FROM metric WHERE step > ? AND step <= ?"
            " ORDER BY step, split, term",
            since,
            2**62 if until is None else until,
        )
        return [(s, split, term, SPECIAL.get(kind, value)) for s, split, term, value, kind in found]

    def changes(self) -> dict[int, float]:
        """Learning rates set by hand, by the step from which each holds."""
        return dict(self.rows("SELECT step, learning_rate FROM change ORDER BY step"))

    def commands(self, after: int) -> list[tuple[int, str, float | None]]:
        """(id, action, value) of what people asked for since command `after`."""
        return self.rows("SELECT id, action, value FROM command WHERE id > ? ORDER BY id", after)

    def command(self, action: str, value: float | None = None) -> None:
        """Ask the worker for something."""
        with self.write() as db:
            db.execute("INSERT INTO command (action, value) VALUES (?, ?)", (action, value))

    def set_status(self, values: Mapping[str, Any]) -> None:
        """Write status values, all in one transaction."""
        with self.write() as db:
            put_status(db, values)


def new_database(status: Mapping[str, Any]) -> bytes:
    """The content of a new run's file; built in memory, which is much faster than on a disk."""
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as database:
        database.deserialize(_empty())
        put_status(database, status)
        return database.serialize()


@lru_cache(maxsize=1)
def _empty() -> bytes:
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as database:
        database.executescript(f"{SCHEMA} PRAGMA user_version={VERSION};")
        return database.serialize()


def _connect(path: Path) -> sqlite3.Connection:
    database: sqlite3.Connection | None = None
    try:
        database = sqlite3.connect(path, timeout=10, isolation_level=None)
        database.execute("PRAGMA journal_mode=WAL")
        database.execute("PRAGMA synchronous=NORMAL")
    except sqlite3.Error as error:
        if database is not None:
            database.close()
        raise _translate(error, path) from error
    return database


def put_status(db: sqlite3.Connection, values: Mapping[str, Any]) -> None:
    """Write status values inside a transaction."""
    rows = [(key, json.dumps(value)) for key, value in values.items()]
    db.executemany("INSERT OR REPLACE INTO status VALUES (?, ?)", rows)


def put_metrics(db: sqlite3.Connection, rows: Iterable[MetricRow]) -> None:
    """Write metric rows inside a transaction; a step told again replaces itself."""
    stored = [
        (step, split, term, value if isfinite(value) else None, _kind(value))
        for step, split, term, value in rows
    ]
    db.executemany("INSERT OR REPLACE INTO metric VALUES (?, ?, ?, ?, ?)", stored)


def _kind(value: float) -> str:
    return "number" if isfinite(value) else str(value)


def _translate(error: sqlite3.Error, path: Path) -> StoreError:
    return StoreError(
        f"{path.name} of run {path.parent.name} could not be read or written ({error}); "
        "check that the disk has room and that the folder may be written."
    )
