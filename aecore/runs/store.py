"""The store: a folder of run folders, each complete in itself.

<home>/runs/<id>/
    spec.json           every config of the run
    about.json          what people say about it
    groups.json         test images put together under a name, where somebody did
    metrics.db          curves, status, commands (see database.py)
    checkpoints/        the last two whole ones
    snapshots/          fixed images, and one file a snapshot
    log.txt             what the worker printed
"""

from __future__ import annotations

import json
import re
import secrets
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from aecore.errors import InputError, NewerVersion, StoreError, UnknownName
from aecore.paths import home
from aecore.runs.about import FILE, About, about_bytes
from aecore.runs.database import Database, new_database
from aecore.runs.files import fill, json_bytes
from aecore.runs.spec import RunSpec

ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
ID = re.compile(rf"[{ALPHABET}]{{20}}")


def new_id() -> str:
    """20 characters that sort by time: 9 of the clock in ms, 11 random (55 bits)."""
    clock, left = [], time.time_ns() // 1_000_000
    for _ in range(9):
        left, digit = divmod(left, 32)
        clock.append(ALPHABET[digit])
    return "".join(reversed(clock)) + "".join(secrets.choice(ALPHABET) for _ in range(11))


@dataclass(frozen=True)
class Run:
    """One run's folder."""

    id: str
    folder: Path

    @cached_property
    def spec(self) -> RunSpec:
        """What was asked for."""
        try:
            return RunSpec.from_json(json.loads((self.folder / "spec.json").read_bytes()))
        except NewerVersion:
            raise
        except (OSError, ValueError) as error:
            reason = str(error).rstrip(".")
            raise InputError(f"Run {self.id} cannot be read: {reason}.") from error

    def database(self) -> Database:
        """A fresh connection to `metrics.db`; close it after use."""
        return Database(self.folder / "metrics.db")

    @property
    def checkpoints(self) -> Path:
        """The folder of the checkpoints."""
        return self.folder / "checkpoints"

    @property
    def snapshots(self) -> Path:
        """The folder of the snapshots."""
        return self.folder / "snapshots"

    def repeatable_spec(self) -> RunSpec:
        """The spec with every change made by hand, so that a new run of it does the same."""
        database = self.database()
        try:
            return self.spec.with_changes(
                {**dict(self.spec.learning_rate_changes), **database.changes()}
            )
        finally:
            database.close()


class RunStore:
    """All runs below one home."""

    def __init__(self, root: Path | None = None) -> None:
        self.root = (root or home()) / "runs"

    def create(self, spec: RunSpec, about: About | None = None, **status: Any) -> Run:
        """Make a run's folder; it stands there whole or not at all. Raises StoreError."""
        name = new_id()
        partial = self.root / f".{name}"
        contents = {
            "spec.json": json_bytes(spec.to_json()),
            FILE: about_bytes(about or About()),
            "metrics.db": new_database({"state": "queued", "created": time.time(), **status}),
        }
        try:
            (partial / "snapshots").mkdir(parents=True)
            (partial / "checkpoints").mkdir()
            fill(partial, contents, durable="spec.json")
            partial.replace(self.root / name)
        except OSError as error:
            shutil.rmtree(partial, ignore_errors=True)
            raise StoreError(
                f"A run's folder could not be made in {self.root} ({error.strerror}); free some "
                "disk space or set AECORE_HOME to a folder you may write to."
            ) from error
        made = Run(name, self.root / name)
        vars(made)["spec"] = spec  # it need not be read again
        return made

    def __getitem__(self, run_id: str) -> Run:
        """Raises UnknownName for anything that is no run here, however odd the name."""
        if not ID.fullmatch(run_id) or not (self.root / run_id / "spec.json").is_file():
            raise UnknownName("run", run_id, ())
        return Run(run_id, self.root / run_id)

    def __iter__(self) -> Iterator[Run]:
        """Newest first."""
        if not self.root.is_dir():
            return
        for folder in sorted(self.root.iterdir(), reverse=True):
            if ID.fullmatch(folder.name):
                yield Run(folder.name, folder)
