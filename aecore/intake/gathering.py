"""The files of an upload, one by one: those of a zip, or those that came side by side."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from aecore.errors import InputError
from aecore.intake.archive import MOST_BYTES, MOST_ENTRIES, Archive
from aecore.intake.formats import EMPTY_ZIP, HEAD, ZIP, hint, named
from aecore.intake.safe_text import safe_text

ALL = "all"
"""The class of files that lie in no folder."""


@dataclass(frozen=True)
class File:
    """One file of an upload. name: for people; folder: the last folder it lies in, or ALL.

    read: its content; raises Skipped.
    """

    name: str
    folder: str
    read: Callable[[], bytes]


@contextmanager
def gathered(paths: Sequence[Path], names: Sequence[str]) -> Iterator[list[File]]:
    """The files of one zip, or files side by side. Raises InputError."""
    if not paths:
        raise InputError("No file was given; choose at least one.")
    heads = [_head(path) for path in paths]
    if len(paths) == 1 and heads[0].startswith((ZIP, EMPTY_ZIP)):
        with Archive(paths[0]) as archive:
            yield _unpacked(archive)
        return
    if len(paths) == 1:
        _check_kind(heads[0], names[0])
    if len(paths) > MOST_ENTRIES:
        raise InputError(f"These are {len(paths):,} files; give at most {MOST_ENTRIES:,}.")
    if sum(path.stat().st_size for path in paths) > MOST_BYTES:
        raise InputError(
            f"These files are larger than {MOST_BYTES // 10**6} MB together; give fewer."
        )
    yield [
        File(safe_text(name), ALL, path.read_bytes) for path, name in zip(paths, names, strict=True)
    ]


def _head(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(HEAD)


def _check_kind(head: bytes, name: str) -> None:
    """Refuse a lone file that is something else, by the right name."""
    if not head:
        raise InputError(f"{safe_text(name)} is empty; upload it again.")
    if kind := named(head):
        advice = hint(kind) or "give images, or a zip of images"
        raise InputError(f"{safe_text(name)} is {kind}, which is not read as an image; {advice}.")


def _unpacked(archive: Archive) -> list[File]:
    entries = archive.entries
    if not entries:
        raise InputError("This zip holds no files; put images into it.")
    return [
        File(safe_text(entry.name.rsplit("/", 1)[-1]), _folder(entry.name),
             partial(archive.read, entry))
        for entry in entries
    ]  # fmt: skip


def _folder(name: str) -> str:
    above = [part for part in name.split("/")[:-1] if part.strip(". ")]
    return safe_text(above[-1], otherwise=ALL) if above else ALL
