"""Opens the catalogue: SQLite beside the runs, or what AECORE_DATABASE_URL names (PostgreSQL)."""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import URL, Connection, Engine, create_engine, event, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SQLAlchemyError
from sqlalchemy.pool import QueuePool

from aecore.catalog.upgrade import upgrade
from aecore.errors import InputError, StoreError
from aecore.paths import home

FILE = "catalog.db"
PRAGMAS = (
    "busy_timeout=10000",
    "journal_mode=WAL",
    "synchronous=NORMAL",
    "foreign_keys=ON",
    "trusted_schema=OFF",
)


class Catalog:
    """One catalogue, open; safe to use from several threads.

    Every function of this package takes it first. Raises StoreError where the database refuses,
    with all of a transaction done or none of it.
    """

    def __init__(self, root: Path | None = None) -> None:
        """Open the catalogue of a home, made or brought up to date where needed."""
        self.root = root or home()
        self._writing = threading.Lock()
        url = os.environ.get("AECORE_DATABASE_URL", "").strip()
        self.engine = _engine(url or URL.create("sqlite", database=str(self.root / FILE)))
        try:
            with _explained():
                upgrade(self.engine, self.root)
        except BaseException:
            self.close()
            raise

    @property
    def on_sqlite(self) -> bool:
        """Whether this is the file beside the runs."""
        return self.engine.dialect.name == "sqlite"

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A look; on SQLite all of it at one moment."""
        with _explained(), self.engine.connect() as db, db.execution_options(mode="").begin():
            yield db

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """One transaction that nobody else writes into meanwhile."""
        # SQLite's own way to wait is to sleep and look again: among many threads of one process
        # that takes ten times as long as a lock.
        with self._writing, _explained(), self.engine.begin() as db:
            if not self.on_sqlite:
                # Few and short writes: one at a time is simpler than row locks, and as fast.
                db.execute(text("SELECT pg_advisory_xact_lock(20761)"))
            yield db

    def close(self) -> None:
        """Let go of all connections."""
        self.engine.dispose()


def clock(db: Connection) -> float:
    """The database's own time, so that leases of several machines mean the same."""
    sqlite = db.engine.dialect.name == "sqlite"
    query = (
        "SELECT (julianday('now') - 2440587.5) * 86400.0"
        if sqlite
        else "SELECT extract(epoch FROM clock_timestamp())"
    )
    return float(db.execute(text(query)).scalar_one())


def _engine(url: str | URL) -> Engine:
    try:
        where = make_url(url)
    except (ArgumentError, ValueError) as error:  # the latter for a port that is no number
        raise InputError(_wrong_url()) from error
    try:
        if where.get_backend_name() not in ("sqlite", "postgresql"):
            raise InputError(_wrong_url())
        if where.get_backend_name() == "postgresql" and "+" not in where.drivername:
            where = where.set(drivername="postgresql+psycopg")
        engine = create_engine(where, poolclass=QueuePool, pool_size=8, max_overflow=32)
    except NoSuchModuleError as error:
        raise InputError(_wrong_url()) from error
    except ModuleNotFoundError as error:
        raise InputError(
            "AECORE_DATABASE_URL names PostgreSQL, and its driver is not installed: "
            "pip install -r requirements-server.txt."
        ) from error
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _prepare)
        event.listen(engine, "begin", _begin)
    return engine


def _wrong_url() -> str:
    return (
        "AECORE_DATABASE_URL: expected something like postgresql://user:password@host/name; "
        "leave it empty for a file beside the runs."
    )


def _prepare(connection: object, _: object) -> None:
    connection.isolation_level = None  # type: ignore[attr-defined]  # we begin by ourselves
    for pragma in PRAGMAS:
        connection.execute(f"PRAGMA {pragma}")  # type: ignore[attr-defined]


def _begin(db: Connection) -> None:
    # A transaction that starts as a reader and then writes can fail at once, however long the
    # timeout; so writers say so from the start.
    db.exec_driver_sql("BEGIN " + db.get_execution_options().get("mode", "IMMEDIATE"))


@contextmanager
def _explained() -> Iterator[None]:
    try:
        yield
    except (SQLAlchemyError, sqlite3.Error) as error:  # the latter while a connection is made
        cause = " ".join(str(getattr(error, "orig", None) or error).split())[:200]
        raise StoreError(
            f"The catalogue of runs could not be read or written ({cause}); check that the disk "
            "has room and that the database is running. The runs themselves are safe."
        ) from error
