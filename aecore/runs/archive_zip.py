"""What a run's archive may hold, and how a stranger's is unpacked: nothing in it is believed.

Names decide nothing but which of the known files a member is; sizes are counted while reading.
"""

from __future__ import annotations

import re
import stat
import zlib
from itertools import pairwise
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile, ZipInfo

from aecore.errors import InputError

MANIFEST = "manifest.json"
MEMBERS = re.compile(
    r"spec\.json|about\.json|groups\.json|log\.txt|manifest\.json|metrics\.db(-wal)?"
    r"|evaluation-[a-z]{1,20}--?\d{1,20}\.json"
    r"|checkpoints/step-\d{10}/(manifest|numbers)\.json"
    r"|checkpoints/step-\d{10}/(model|rest)\.safetensors"
    r"|snapshots/(fixed|step-\d{10})\.safetensors",
    re.ASCII,
)
FOLDERS = re.compile(r"|checkpoints/|snapshots/|checkpoints/step-\d{10}/", re.ASCII)
IGNORED = re.compile(
    r"metrics\.db-shm|spec\.v\d+\.json|groups-damaged-\d+\.json|__MACOSX/.*|(.*/)?\.[^/]+(/.*)?",
    re.S,
)
"""Never read: what a copy of a run's folder may hold beside the run, such as a half-written file
of a killed worker (their names begin with a dot)."""
MOST_ENTRIES = 5000
MOST_RATIO = 100
SMALL = 1 << 20
"""Bytes up to which a member may shrink by any ratio: a file of zeros does."""
MOST_JSON = 4 << 20
CHUNK = 1 << 16


def refused(reason: str) -> InputError:
    """The one sentence that a person gets."""
    return InputError(f"This archive cannot be taken in: {reason}.")


def extract(archive: Path, folder: Path, limit: int) -> list[str]:
    """Unpack a run's archive into an empty folder; returns the names of the files there.

    Args:
        archive: a zip file that `runs export` made, or a zipped run folder.
        limit: the most bytes, packed and unpacked.

    Raises InputError for whatever is no such archive, and OSError where the disk refuses.
    """
    if archive.stat().st_size > limit:
        raise refused(f"it is larger than {limit:,} bytes")
    try:
        with ZipFile(archive) as opened:
            members = _members(opened.infolist(), limit)
            for name, info in members.items():
                _copy(opened, info, folder / name)
    except (BadZipFile, EOFError, NotImplementedError, RuntimeError, zlib.error) as error:
        raise refused(
            "it is no whole zip file; make it with `runs export`, or zip the run's folder"
        ) from error
    return list(members)


def _members(infos: list[ZipInfo], limit: int) -> dict[str, ZipInfo]:
    """The files to read, by their name in the run's folder."""
    if len(infos) > MOST_ENTRIES:
        raise refused(f"it has {len(infos):,} entries, a run has at most {MOST_ENTRIES:,}")
    for info in infos:
        _check_name(info)
    _check_overlaps(infos)
    top = _top({info.filename for info in infos})
    found: dict[str, ZipInfo] = {}
    for info in infos:
        name = info.filename.removeprefix(top)
        if IGNORED.fullmatch(name) or FOLDERS.fullmatch(name):
            continue
        if not MEMBERS.fullmatch(name):
            raise refused(f"{name[:60]!r} is no part of a run")
        if name in found:
            raise refused(f"it holds {name} twice")
        _check_kind(info)
        found[name] = info
    if sum(info.file_size for info in found.values()) > limit:
        raise refused(f"unpacked it is larger than {limit:,} bytes")
    return found


def _check_name(info: ZipInfo) -> None:
    """No name that leads anywhere on any system, not even among those that are never read."""
    name = info.orig_filename
    parts = name.removesuffix("/").split("/")
    odd = any(letter in name for letter in "\0\\:") or {"", ".", ".."} & set(parts)
    if odd or len(name) > 300:
        raise refused(f"the name {name[:60]!r} leads out of it or is not plain")


def _check_overlaps(infos: list[ZipInfo]) -> None:
    """Entries that share bytes make a small archive endless; Python 3.11.7 does not look."""
    spans = sorted(
        (info.header_offset, info.header_offset + 30 + len(info.orig_filename) + info.compress_size)
        for info in infos
    )
    if spans and spans[0][0] < 0:
        raise BadZipFile("an entry begins before the file does")
    if any(end > start for (_, end), (start, _) in pairwise(spans)):
        raise refused("its entries overlap")


def _top(names: set[str]) -> str:
    """The one folder that everything may lie in, with its slash; empty where there is none."""
    if "spec.json" in names:
        return ""
    tops = [name for name in names if re.fullmatch(r"[^/]+/spec\.json", name)]
    if len(tops) != 1:
        raise refused("it holds no spec.json of one run")
    return tops[0].removesuffix("spec.json")


def _check_kind(info: ZipInfo) -> None:
    name, kind = info.filename[-60:], stat.S_IFMT(info.external_attr >> 16)
    if kind not in (0, stat.S_IFREG):
        raise refused(f"{name!r} is no plain file")
    if info.flag_bits & 1:
        raise refused("it is encrypted")
    if info.compress_type not in (ZIP_STORED, ZIP_DEFLATED):
        raise refused(f"{name!r} is packed in a way that a run's archive is not")
    if info.file_size > max(SMALL, MOST_RATIO * info.compress_size):
        raise refused(f"{name!r} unpacks to more than {MOST_RATIO} times its size")
    if name.endswith(".json") and info.file_size > MOST_JSON:
        raise refused(f"{name!r} is larger than {MOST_JSON:,} bytes")


def _copy(opened: ZipFile, info: ZipInfo, target: Path) -> None:
    """Unpack one member, never more of it than it claims to have."""
    if not target.parent.is_dir():
        target.parent.mkdir(parents=True)
    left = info.file_size
    with opened.open(info) as source, target.open("xb") as file:
        while chunk := source.read(CHUNK):
            left -= len(chunk)
            if left < 0:
                break
            file.write(chunk)
    if left != 0:
        raise refused(f"{info.filename[-60:]!r} has not the size that it claims")
