"""Runs as archives: one zip file that holds a run whole, and the way back into a store.

<id>/
    manifest.json       sha256 of every other file, and the version that made it
    spec.json, about.json (without the owner), groups.json, log.txt (its end), evaluation-*.json
    metrics.db          a copy as of one moment
    checkpoints/, snapshots/
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import closing
from dataclasses import asdict, replace
from pathlib import Path
from typing import IO
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile

from aecore import __version__
from aecore.errors import CheckpointDamaged, InputError, StoreError
from aecore.runs import groups as groups_file
from aecore.runs import sandbox
from aecore.runs.about import read_about, write_about
from aecore.runs.archive_intake import MOST_LOG, VERSION
from aecore.runs.archive_zip import MANIFEST, MEMBERS
from aecore.runs.checkpoints import listed, parts
from aecore.runs.files import digest
from aecore.runs.store import Run, RunStore, new_id

SUFFIX = ".aerun.zip"
TAKE_IN = "aecore.runs.archive_intake:take_in"
MOST_BYTES = 2 << 30
MEMORY, COPIES = 2 << 30, 5
"""What taking in may use: these bytes, torch's own among them, and so many times the archive. A
checkpoint of 258 MB, checked and written anew, took 1.2 GB."""


def export_run(run: Run, path: Path) -> Path:
    """Write a run's archive to a file that is not there yet; a run may be in training meanwhile.

    Raises InputError where something has that name, and StoreError where the disk refuses.
    """
    if path.exists():
        raise InputError(f"There is already something at {path}; name another file.")
    partial = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with partial.open("wb") as file:
            write_archive(run, file)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    except OSError as error:
        if isinstance(error, StoreError):
            raise
        raise StoreError(
            f"Could not write {path.name}: {error.strerror}. Free some disk space or name a file "
            "in another folder."
        ) from error
    finally:
        partial.unlink(missing_ok=True)
    return path


def write_archive(run: Run, stream: IO[bytes]) -> None:
    """Write a run's archive to a stream. Raises StoreError, or OSError of the stream."""
    sums = {}
    with ZipFile(stream, "w", ZIP_DEFLATED) as archive:
        for name, content in _contents(run):
            kind = ZIP_STORED if name.endswith(".safetensors") else ZIP_DEFLATED
            archive.writestr(f"{run.id}/{name}", content, kind)
            sums[name] = digest(content)
        manifest = {"version": VERSION, "made_by": __version__, "sha256": sums}
        archive.writestr(f"{run.id}/{MANIFEST}", json.dumps(manifest, indent=1))


def _contents(run: Run) -> Iterator[tuple[str, bytes]]:
    """(name, bytes) of every file, in an order in which a run in training stays consistent.

    The rows reach as far as the newest checkpoint or further, and every snapshot that they tell
    of has its file.
    """
    folder = run.folder
    yield "spec.json", (folder / "spec.json").read_bytes()
    about = asdict(replace(read_about(run), owner=""))
    yield "about.json", json.dumps(about, indent=1).encode()
    groups = _groups(run)
    if groups:
        yield groups_file.FILE, groups_file.groups_bytes(groups)
    for checkpoint in reversed(listed(run.checkpoints)):
        try:
            whole = parts(checkpoint)
        except CheckpointDamaged:  # damaged, or dropped for a newer one since it was listed
            continue
        for name, content in whole.items():
            yield f"checkpoints/{checkpoint.name}/{name}", content
    yield "metrics.db", _database(run)
    for path in sorted([*run.snapshots.glob("*.safetensors"), *folder.glob("evaluation-*.json")]):
        name = path.relative_to(folder).as_posix()
        if MEMBERS.fullmatch(name):
            yield name, path.read_bytes()
    if (folder / "log.txt").is_file():
        yield "log.txt", (folder / "log.txt").read_bytes()[-MOST_LOG:]


def _groups(run: Run) -> groups_file.Groups:
    """None where the file is damaged: nobody could take it in again."""
    try:
        return groups_file.read_groups(run)
    except StoreError:
        return {}


def _database(run: Run) -> bytes:
    """A copy as of one moment, without what the file still holds of deleted rows."""
    with tempfile.TemporaryDirectory() as scratch, closing(run.database()) as database:
        path = Path(scratch) / "metrics.db"
        database.rows("VACUUM INTO ?", str(path))
        return path.read_bytes()


def import_run(file: Path, store: RunStore, owner: str = "", limit: int = MOST_BYTES) -> Run:
    """Take an archive into a store as a new run, whole or not at all.

    Args:
        file: made by `export_run`, or a run folder zipped by hand.
        owner: whose the new run is.
        limit: the most bytes, packed and unpacked.

    Raises InputError with one sentence for whatever is no run's archive, NewerVersion for one
    that this version cannot read yet, and StoreError where the disk refuses.
    """
    if not file.is_file():
        raise InputError(f"There is no file {str(file)[:200]!r}.")
    run_id = new_id()
    staging = store.root / f".{run_id}"
    try:
        staging.mkdir(parents=True)
        made = Run(run_id, staging / "run")
        values = {"archive": str(file), "staging": str(staging), "run_id": run_id, "limit": limit}
        memory = MEMORY + COPIES * file.stat().st_size
        limits = sandbox.Limits(memory=memory, file=limit)
        told = sandbox.call(TAKE_IN, values, limits, "This archive")
        came = f"Imported from {file.name}, made by {told['made_by']}."
        about = replace(read_about(made), owner=owner, demo=False)
        write_about(made, replace(about, provenance=" ".join([came, *told["notes"]])))
        made.folder.replace(store.root / run_id)
    except OSError as error:
        if isinstance(error, StoreError):
            raise
        raise StoreError(
            f"The archive could not be unpacked in {store.root} ({error.strerror}); free some "
            "disk space or set AECORE_HOME to a folder you may write to."
        ) from error
    finally:
        shutil.rmtree(staging, ignore_errors=True)
    return store[run_id]
