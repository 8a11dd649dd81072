"""The arrays of an upload by their names: of an .npz, or of .npy files side by side."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from aecore.errors import InputError
from aecore.intake.archive import CHUNK, MOST_BYTES, Archive, Entry
from aecore.intake.formats import EMPTY_ZIP, NPY, ZIP, hint, named
from aecore.intake.npy import Array, Header, from_bytes, read_header
from aecore.intake.safe_text import safe_text
from aecore.intake.skipping import Skipped

MOST_ARRAYS = 100


@dataclass(frozen=True)
class Held:
    """An array that is not read yet. name: fit to be shown. load: raises InputError."""

    name: str
    header: Header
    load: Callable[[], Array]

    @property
    def shape(self) -> tuple[int, ...]:
        """Known from its header."""
        return self.header.shape


@contextmanager
def held_arrays(paths: Sequence[Path], names: Sequence[str]) -> Iterator[Mapping[str, Held]]:
    """All arrays by name. Raises InputError."""
    if not paths:
        raise InputError("No file was given; choose an .npy or .npz file.")
    if len(paths) > MOST_ARRAYS or sum(path.stat().st_size for path in paths) > MOST_BYTES:
        raise InputError(
            f"Give at most {MOST_ARRAYS} arrays of at most {MOST_BYTES // 10**6} MB together."
        )
    with paths[0].open("rb") as file:
        zipped = file.read(4) in (ZIP, EMPTY_ZIP)
    if len(paths) == 1 and zipped:
        with Archive(paths[0]) as archive:
            yield _by_name([_zipped(archive, entry) for entry in _entries(archive)])
    else:
        yield _by_name([_alone(*each) for each in zip(paths, names, strict=True)])


def _by_name(arrays: Sequence[Held]) -> Mapping[str, Held]:
    found = {array.name: array for array in arrays}
    if len(found) < len(arrays):
        raise InputError("Two of the arrays have the same name; give each its own.")
    return found


def _entries(archive: Archive) -> list[Entry]:
    entries = [entry for entry in archive.entries if entry.name.lower().endswith(".npy")]
    if not entries:
        raise InputError(
            "This zip holds no .npy arrays; make it with numpy.savez, or choose Images for a zip "
            "of images."
        )
    if len(entries) > MOST_ARRAYS:
        raise InputError(f"It holds {len(entries):,} arrays; give at most {MOST_ARRAYS}.")
    return entries


def _zipped(archive: Archive, entry: Entry) -> Held:
    name = _name(entry.name.rsplit("/", 1)[-1])
    try:
        head = archive.read(entry, CHUNK)
    except Skipped as reason:
        raise InputError(f"The array {name} is {reason}; save the file again.") from reason
    header = _header(head, entry.info.file_size, name)
    return Held(name, header, partial(_unpacked, archive, entry, header, name))


def _unpacked(archive: Archive, entry: Entry, header: Header, name: str) -> Array:
    try:
        return from_bytes(archive.read(entry), header)
    except Skipped as reason:
        raise InputError(f"The array {name} is {reason}; save the file again.") from reason


def _alone(path: Path, name: str) -> Held:
    shown = _name(name)
    with path.open("rb") as file:
        header = _header(file.read(CHUNK), path.stat().st_size, shown)
    return Held(shown, header, lambda: from_bytes(path.read_bytes(), header))


def _header(head: bytes, size: int, name: str) -> Header:
    if not head:
        raise InputError(f"{name} is empty; save or upload it again.")
    if not head.startswith(NPY):
        kind = named(head) or "no NumPy array"
        raise InputError(f"{name} is {kind}; {hint(kind) or 'give .npy or .npz files'}.")
    return read_header(head, size, name)


def _name(name: str) -> str:
    stem = name[:-4] if name.lower().endswith(".npy") else name
    return safe_text(stem.replace("\\", "/").rsplit("/", 1)[-1])
