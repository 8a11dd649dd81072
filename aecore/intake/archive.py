"""A stranger's zip, of which nothing is believed: not its names, its sizes or its order.

Entries are read one by one, in pieces, into memory; their names are words for people and decide
nothing but the class of an image. Nothing is ever unpacked onto the disk.
"""

from __future__ import annotations

import re
import stat
import struct
import zlib
from contextlib import suppress
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from types import TracebackType
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile, ZipInfo

from aecore.errors import InputError
from aecore.intake.skipping import Skipped

MOST_ENTRIES = 20_000
MOST_BYTES = 500_000_000
MOST_RATIO = 100
SMALL = 1 << 20
"""Bytes up to which an entry may shrink by any ratio: small flat images do."""
MOST_CONTENTS = 16 << 20
"""Bytes of the table of contents: 800 for each entry."""
CHUNK = 1 << 16
JUNK = re.compile(
    r"(.*/)?(__MACOSX(/.*)?|\.(?!\.?/)[^/]*(/.*)?|Thumbs\.db|desktop\.ini|)", re.S | re.I
)
"""What systems put into zips: hidden files, thumbnails, folders themselves."""


@dataclass(frozen=True)
class Entry:
    """A file of a zip. name: as its owner has it, with / between folders, never a path here."""

    name: str
    info: ZipInfo


class Archive:
    """A zip file, opened; a context manager. `entries` leaves out junk and folders.

    Raises InputError for what is no zip, and for one that is encrypted, folded into itself or
    larger than the limits.
    """

    def __init__(self, path: Path) -> None:
        if path.stat().st_size > MOST_BYTES:
            raise _refused(f"it is larger than {MOST_BYTES // 10**6} MB", "give a part of it")
        _check_contents(path)
        try:
            self._zip = ZipFile(path)
        except (BadZipFile, NotImplementedError, UnicodeError, ValueError, struct.error) as error:
            raise _damaged() from error
        try:
            self.entries = self._checked(self._zip.infolist())
        except BaseException:
            self._zip.close()
            raise

    def __enter__(self) -> Archive:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:  # fmt: skip
        self._zip.close()

    def read(self, entry: Entry, first: int | None = None) -> bytes:
        """All of an entry, never more than it claims to have. Raises Skipped.

        Args:
            first: stop once so many bytes are there; the rest is not checked.
        """
        info, parts, left = entry.info, [], entry.info.file_size
        _check_entry(info)
        try:
            with self._zip.open(info) as source:
                while chunk := source.read(CHUNK):
                    left -= len(chunk)
                    if left < 0:
                        break
                    parts.append(chunk)
                    if first is not None and len(parts) * CHUNK >= first:
                        return b"".join(parts)
        except (BadZipFile, EOFError, NotImplementedError, RuntimeError, ValueError, OSError,
                struct.error, zlib.error) as error:  # fmt: skip
            raise Skipped("damaged in the zip") from error
        if left != 0:
            raise Skipped("not as large as the zip claims")
        return b"".join(parts)

    def _checked(self, infos: list[ZipInfo]) -> list[Entry]:
        _check_count(len(infos))
        if any(info.flag_bits & 1 for info in infos):
            raise _refused("it is encrypted", "make it without a password")
        if sum(info.file_size for info in infos) > MOST_BYTES:
            raise _refused(f"unpacked it is larger than {MOST_BYTES // 10**6} MB", "give a part")
        self._check_overlaps(infos)
        entries = [Entry(_name(info), info) for info in infos]
        if any(entry.name.endswith("/data.pkl") for entry in entries):
            raise InputError(
                "This is a PyTorch file, which can run code when it is opened, so that it is not; "
                "save arrays as .npy or .npz."
            )
        return [entry for entry in entries if not JUNK.fullmatch(entry.name)]

    def _check_overlaps(self, infos: list[ZipInfo]) -> None:
        """Entries that share bytes make a small zip endless; Python 3.11.7 does not look."""
        spans = sorted(
            (info.header_offset, info.header_offset + 30 + len(info.orig_filename)
             + info.compress_size)
            for info in infos
        )  # fmt: skip
        spans.append((self._zip.start_dir, self._zip.start_dir))
        inside = spans[0][0] >= 0
        if not inside or any(end > start for (_, end), (start, _) in pairwise(spans)):
            raise _refused("its entries overlap", "make it anew")


def _refused(reason: str, advice: str) -> InputError:
    return InputError(f"This zip cannot be taken in: {reason}; {advice}.")


def _damaged() -> InputError:
    return _refused("it is no whole zip file", "make it anew, or upload it again")


def _check_count(count: int) -> None:
    if count > MOST_ENTRIES:
        advice = "give a part of it, or larger data as .npy"
        raise _refused(f"it holds more than {MOST_ENTRIES:,} files", advice)


def _check_contents(path: Path) -> None:
    """Refuse a huge table of contents before it is read into memory."""
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - 22 - 0xFFFF))
        tail = file.read()
    at = tail.rfind(b"PK\x05\x06")
    if at < 0 or len(tail) < at + 22:
        raise _damaged()
    count, size = struct.unpack_from("<HI", tail, at + 10)
    _check_count(count)
    if size > MOST_CONTENTS:
        raise _refused("its table of contents is too long", "give a part of it")


def _check_entry(info: ZipInfo) -> None:
    if stat.S_IFMT(info.external_attr >> 16) not in (0, stat.S_IFREG):
        raise Skipped("a link or no plain file")
    if info.compress_type not in (ZIP_STORED, ZIP_DEFLATED):
        raise Skipped("packed in another way than deflate")
    if info.file_size > max(SMALL, MOST_RATIO * info.compress_size):
        raise Skipped(f"packed to less than 1/{MOST_RATIO} of its size")


def _name(info: ZipInfo) -> str:
    """What its owner called it; old tools write UTF-8 without saying so."""
    name = info.orig_filename
    if not info.flag_bits & 0x800:
        with suppress(UnicodeError):
            name = name.encode("cp437").decode("utf-8")
    return name.replace("\\", "/")
