"""Brings an older catalogue up to date with Alembic, after a copy of it is put aside."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from filelock import FileLock, Timeout
from sqlalchemy import Engine, inspect, text

from aecore.errors import StoreError

HEAD = "0002"
"""The newest migration; tests/test_migrations.py holds that it is."""
SCRIPTS = Path(__file__).with_name("migrations")


def upgrade(engine: Engine, root: Path) -> None:
    """Migrate to `HEAD`. Raises StoreError for a catalogue of a newer version.

    One of those that start together, from the first connection on: what makes a new file one with
    a write-ahead log does not wait for others, whatever the timeout.
    """
    try:
        with FileLock(root / "catalog.lock", timeout=60):
            before = _version(engine)
            if before != HEAD:
                _migrate(engine, root, before)
    except Timeout as error:
        raise StoreError(
            f"Another process has been making the catalogue in {root} for a minute; try again."
        ) from error


def _version(engine: Engine) -> str:
    with engine.connect().execution_options(mode="") as db:
        if not inspect(db).has_table("alembic_version"):
            return ""
        return str(db.execute(text("SELECT version_num FROM alembic_version")).scalar() or "")


def _migrate(engine: Engine, root: Path, before: str) -> None:
    # Alembic costs 0.2 s to import, and nearly every start finds the catalogue up to date.
    from alembic import command
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option("script_location", str(SCRIPTS))
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    if before and before not in known:
        raise StoreError(
            f"The catalogue in {root} was made by a newer version of Autoencoder Lab (schema "
            f"{before}, this one knows {HEAD}); use that version. Nothing was changed."
        )
    if before and engine.dialect.name == "sqlite":
        _put_aside(engine, root / f"catalog-{before}.db")
    with engine.begin() as db:
        config.attributes["connection"] = db
        command.upgrade(config, "head")


def _put_aside(engine: Engine, copy: Path) -> None:
    part = copy.with_suffix(".part")
    connection = engine.raw_connection()  # VACUUM wants no transaction around it
    try:
        part.unlink(missing_ok=True)
        connection.cursor().execute("VACUUM INTO ?", (str(part),))
        part.replace(copy)
    except (OSError, sqlite3.Error) as error:
        raise StoreError(
            f"The catalogue is of an older version and no copy of it could be put aside ({error}): "
            "free some disk space; nothing was changed."
        ) from error
    finally:
        connection.close()
