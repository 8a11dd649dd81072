"""Looks at files and takes them in, in a process of its own, and keeps what comes of it."""

from __future__ import annotations

import base64
import shutil
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from numpy.typing import NDArray

from aecore.datasets.own import ABOUT, PREFIX, SAMPLES, SCHEMA, About
from aecore.errors import StoreError
from aecore.intake.base import Taken, intakes
from aecore.intake.keeping import write_samples
from aecore.intake.safe_text import safe_text
from aecore.intake.suggest import suggested
from aecore.paths import home
from aecore.runs.disk import check_disk
from aecore.runs.files import json_bytes, sync_folder, write
from aecore.runs.sandbox import Limits, call
from aecore.runs.store import new_id

LOOKING = Limits(memory=2 << 30, cpu=60, wall=60)
TAKING = Limits(memory=6 << 30, file=4 << 30, cpu=600, wall=900)
Cancelled = Callable[[], bool]
"""Asked again and again; True ends it."""


def look(
    intake: str,
    files: Sequence[tuple[Path, str]],
    options: dict[str, Any] | None = None,
    cancelled: Cancelled | None = None,
) -> dict[str, Any]:
    """What `Intake.look` says of files, each a path and what its owner called it.

    Raises InputError, also for options that cannot be, and StoreError.
    """
    return dict(_call("look_here", intake, files, options, LOOKING, cancelled, {}))


def take_in(
    intake: str,
    files: Sequence[tuple[Path, str]],
    title: str,
    options: dict[str, Any] | None = None,
    owner: str = "",
    note: str = "",
    cancelled: Cancelled | None = None,
) -> str:
    """Keep files as an own data set; its name, as `datasets` knows it.

    It stands there whole or not at all. Raises InputError, also for options that cannot be, and
    StoreError.
    """
    title, note = safe_text(title), safe_text(note, 500, "")

    def fill(folder: Path) -> None:
        more = {"target": str(folder / SAMPLES)}
        facts = _call("take_here", intake, files, options, TAKING, cancelled, more)
        _describe(facts, folder, title, owner, note)

    return _placed(fill)


def read_images(
    contents: Sequence[bytes], shape: tuple[int, int, int]
) -> list[NDArray[np.uint8] | str]:
    """Files as images of one shape (C, H, W) uint8, or the reason why one is none; nothing is kept.

    Read by the rules of `read_picture`, stretched, and what is transparent laid over black. Raises
    InputError where reading them ends the process, and StoreError.
    """
    with TemporaryDirectory() as folder:
        paths = [str(Path(folder) / str(place)) for place in range(len(contents))]
        for path, content in zip(paths, contents, strict=True):
            write(Path(path), content, durable=False)
        values = {"paths": paths, "shape": list(shape)}
        told = call("aecore.intake.child:images_here", values, LOOKING, "What was given")
    return [
        np.frombuffer(base64.b64decode(each["image"]), np.uint8).reshape(shape)
        if "image" in each
        else str(each["reason"])
        for each in told
    ]


def keep_taken(taken: Taken, title: str, owner: str = "", note: str = "") -> str:
    """Keep samples that this program made itself, so that no process is needed; the name.

    Raises InputError and StoreError.
    """
    title, note = safe_text(title), safe_text(note, 500, "")
    return _placed(lambda folder: keep(taken, folder, title, owner, note))


def _placed(fill: Callable[[Path], None]) -> str:
    """The name of a new own data set, whose folder stands there once `fill` has filled it.

    Raises StoreError, and what `fill` does.
    """
    root = home() / "datasets"
    check_disk(root)
    number = new_id()
    partial = root / f".{number}"
    try:
        partial.mkdir(parents=True)
        fill(partial)
        partial.replace(root / number)
        sync_folder(root)
    except OSError as error:
        if isinstance(error, StoreError):
            raise
        raise StoreError(
            f"The data set could not be kept in {root} ({error.strerror}); free some disk space."
        ) from error
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return f"{PREFIX}{number}"


def _call(
    function: str,
    intake: str,
    files: Sequence[tuple[Path, str]],
    options: dict[str, Any] | None,
    limits: Limits,
    cancelled: Cancelled | None,
    more: dict[str, Any],
) -> Any:
    intakes[intake].Config.parse(options or {})  # before a process is started for nothing
    paths, names = [str(path) for path, _ in files], [name for _, name in files]
    values = {"intake": intake, "paths": paths, "names": names, "options": options or {}, **more}
    what = safe_text(names[0]) if len(names) == 1 else "What was given"
    return call(f"aecore.intake.child:{function}", values, limits, what, cancelled)


def keep(taken: Taken, folder: Path, title: str, owner: str = "", note: str = "") -> None:
    """Write samples and what is known of them into a folder. Raises InputError, StoreError."""
    facts = write_samples(taken, folder / SAMPLES)
    _describe(facts, folder, title, owner, note)


def _describe(facts: dict[str, Any], folder: Path, title: str, owner: str, note: str) -> None:
    """Beside samples that lie there: what `write_samples` tells of them, whose they are, and what
    suits them. Raises InputError and StoreError."""
    shape, count = (facts["shape"][0], facts["shape"][1], facts["shape"][2]), facts["count"]
    fits = suggested(facts["kind"], count, shape, len(facts["classes"]))
    known = {"title": title, "owner": owner, "note": note, "created": time.time()}
    about = About.from_json({**facts, **known, "suggested": fits, "schema": SCHEMA})
    write(folder / ABOUT, json_bytes(about.to_json()))
