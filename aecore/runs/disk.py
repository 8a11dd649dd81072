"""How full the disk is, and when that is too full to go on."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from aecore.errors import InputError

SHARE = 0.05
LEAST = 2e9
"""Bytes; on a large disk 5 % would be far more than anybody needs."""


@dataclass(frozen=True)
class Disk:
    """Bytes in all, bytes free, and how many must stay free."""

    total: int
    free: int
    reserve: int

    @property
    def tight(self) -> bool:
        """Whether runs must pause, before the disk breaks anything."""
        return self.free < self.reserve

    @property
    def filling(self) -> bool:
        """Whether nothing new may begin."""
        return self.free < 2 * self.reserve


def disk_of(folder: Path) -> Disk:
    """The disk that holds a folder, or the nearest folder above it that is there.

    The reserve is 5 % of it, at most 2 GB; AECORE_DISK_RESERVE sets it in MB.
    """
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    usage = shutil.disk_usage(folder)
    return Disk(usage.total, usage.free, _reserve(usage.total))


def _reserve(total: int) -> int:
    text = os.environ.get("AECORE_DISK_RESERVE", "").strip()
    if not text:
        return int(min(SHARE * total, LEAST))
    try:
        return int(float(text) * 1e6)
    except (ValueError, OverflowError):
        raise InputError(
            f"AECORE_DISK_RESERVE: expected a number of MB such as 2000, got {text[:40]!r}."
        ) from None


def check_disk(folder: Path) -> None:
    """Raises InputError where the disk is too full for anything new to begin."""
    disk = disk_of(folder)
    if disk.filling:
        raise InputError(
            f"The disk is almost full ({disk.free / 1e9:.1f} GB free): nothing new is started "
            "until there is room. Delete runs on the Runs page and empty the trash, or free some "
            "space otherwise."
        )


def folder_bytes(folder: Path) -> int:
    """What a folder takes; files that vanish meanwhile count nothing."""
    total = 0
    for where, _, names in os.walk(folder):
        for name in names:
            try:
                total += os.lstat(os.path.join(where, name)).st_size
            except OSError:
                continue
    return total
