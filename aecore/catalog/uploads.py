"""Files that a person has brought and not yet taken in: a private folder each, under the home.

<home>/uploads/<person>/<id>/
    names.json            what their owner called them, in order
    0, 1, 2, …            the files, by names that we gave
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from aecore.catalog.people import Person
from aecore.catalog.store import Catalog
from aecore.errors import InputError, StoreError, UnknownName
from aecore.intake.safe_text import safe_text
from aecore.runs.disk import check_disk
from aecore.runs.files import write_json
from aecore.runs.store import ID, new_id

UPLOADS = "uploads"
NAMES = "names.json"
MOST_FILES = 5000
MOST_WAITING = 3
"""Uploads of one person that are kept at a time: beyond that the oldest goes."""


@dataclass(frozen=True)
class Upload:
    """Files that lie on this machine, each with what its owner called it."""

    id: str
    folder: Path
    files: tuple[tuple[Path, str], ...]

    @property
    def title(self) -> str:
        """What it may be called: the first name without its ending."""
        return safe_text(Path(self.files[0][1]).stem)


def put(catalog: Catalog, person: Person, given: Iterable[tuple[str, bytes]]) -> Upload:
    """Keep what a person has sent, names and bytes. Raises InputError and StoreError."""
    folder = _of(catalog, person)
    check_disk(catalog.root)
    number = new_id()
    place = folder / number
    names = []
    try:
        place.mkdir(mode=0o700, parents=True)
        for at, (name, content) in enumerate(given):
            if at == MOST_FILES:
                raise InputError(f"These are more than {MOST_FILES:,} files; give them as one zip.")
            (place / str(at)).write_bytes(content)
            names.append(name[:400])
        write_json(place / NAMES, {"names": names})
    except BaseException as error:
        shutil.rmtree(place, ignore_errors=True)
        if isinstance(error, OSError) and not isinstance(error, StoreError):
            raise StoreError(
                f"The files could not be kept ({error.strerror}); free some disk space."
            ) from error
        raise
    for old in _oldest_first(folder)[:-MOST_WAITING]:
        shutil.rmtree(old, ignore_errors=True)
    return find_upload(catalog, person, number)


def find_upload(catalog: Catalog, person: Person, number: str) -> Upload:
    """What a person has sent before. Raises UnknownName where there is none such of theirs."""
    place = _of(catalog, person) / number if ID.fullmatch(number) else None
    try:
        if place is None:
            raise KeyError(number)
        names = json.loads((place / NAMES).read_bytes())["names"]
    except (OSError, ValueError, KeyError) as error:
        raise UnknownName("upload", number, ()) from error
    return Upload(number, place, tuple((place / str(at), name) for at, name in enumerate(names)))


def drop(upload: Upload) -> None:
    """Delete it."""
    shutil.rmtree(upload.folder, ignore_errors=True)


def _of(catalog: Catalog, person: Person) -> Path:
    if person.role == "nobody":
        raise InputError("Nobody in particular has sent this, so nothing is kept.")
    return catalog.root / UPLOADS / person.id


def _oldest_first(folder: Path) -> list[Path]:
    return sorted(folder.iterdir(), key=lambda path: path.stat().st_mtime)
