"""`groups.json`: test images of a run that somebody has put together under a name."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import numpy as np
from filelock import FileLock, Timeout
from numpy.typing import NDArray

from aecore.errors import InputError, StoreError
from aecore.runs.about import clean_text
from aecore.runs.files import write

if TYPE_CHECKING:
    from aecore.runs.store import Run

FILE = "groups.json"
MOST, LONGEST = 20, 40
"""The most groups of a run, and the most characters of a name."""
LARGEST = 10**7
LOCK_SECONDS = 10

Rows = NDArray[np.int64]
"""Numbers of images in the order of the test split: (n,), rising."""
Groups = dict[str, Rows]


def read_groups(run: Run) -> Groups:
    """The named groups of a run, in the order in which they were made.

    Raises StoreError where the file is damaged or cannot be read.
    """
    path = run.folder / FILE
    if not path.exists():
        return {}
    try:
        return _checked(json.loads(path.read_bytes()))
    except (OSError, ValueError, TypeError, RecursionError, OverflowError) as error:
        raise StoreError(
            f"The named groups of run {run.id} cannot be read, since {FILE} is damaged; save a "
            "group to begin anew, and the damaged file stays beside the new one."
        ) from error


def save_group(run: Run, name: str, rows: Rows) -> None:
    """Keep images under a name, in place of what had it.

    Raises InputError for a name or a group that cannot be kept, StoreError where the disk refuses.
    """
    kept = clean_text(name, 10 * LONGEST)
    if not 1 <= len(kept) <= LONGEST:
        raise InputError(
            f"A group's name has 1 to {LONGEST} characters, this one has {len(kept)}; choose "
            "another."
        )
    if not len(rows):
        raise InputError(f"The group {kept!r} would be empty; select images in a map first.")

    def added(groups: Groups) -> Groups:
        if kept not in groups and len(groups) >= MOST:
            raise InputError(
                f"This run has {MOST} groups already, and no more can be kept; delete one first."
            )
        return groups | {kept: np.unique(rows)}

    _change(run, added)


def delete_group(run: Run, name: str) -> None:
    """Forget a group; nothing happens where there is none. Raises StoreError."""
    _change(run, lambda groups: {key: rows for key, rows in groups.items() if key != name})


def groups_bytes(groups: Mapping[str, Rows]) -> bytes:
    """The content of the file."""
    plain = {name: rows.tolist() for name, rows in groups.items()}
    return json.dumps({"groups": plain}, separators=(",", ":")).encode()


def _change(run: Run, change: Callable[[Groups], Groups]) -> None:
    """Read, change and write under a lock, since two tabs may save at the same time."""
    try:
        with FileLock(run.folder / f".{FILE}.lock", timeout=LOCK_SECONDS):
            try:
                groups = read_groups(run)
            except StoreError:
                _put_aside(run)
                groups = {}
            write(run.folder / FILE, groups_bytes(change(groups)))
    except StoreError:
        raise
    except (Timeout, OSError) as error:
        raise StoreError(
            f"The groups of run {run.id} could not be changed; try again, and check the rights of "
            "its folder if that does not help."
        ) from error


def _put_aside(run: Run) -> None:
    names = (run.folder / f"groups-damaged-{number}.json" for number in range(1, 10**6))
    (run.folder / FILE).rename(next(path for path in names if not path.exists()))


def _checked(values: object) -> Groups:
    """Raises ValueError for what no version has written."""
    found = values.get("groups") if isinstance(values, dict) else None
    if not isinstance(found, dict) or len(found) > MOST:
        raise ValueError("no groups")
    return {_name(name): _rows(rows) for name, rows in found.items()}


def _name(name: str) -> str:
    if not 1 <= len(name) <= LONGEST or clean_text(name, LONGEST) != name:
        raise ValueError("no name")
    return name


def _rows(rows: object) -> Rows:
    if not isinstance(rows, list) or not rows or any(type(row) is not int for row in rows):
        raise ValueError("no rows")
    if min(rows) < 0 or max(rows) > LARGEST:
        raise ValueError("rows out of range")
    return np.unique(np.array(rows, np.int64))
