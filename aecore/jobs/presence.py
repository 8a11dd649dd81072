"""Whether a supervisor looks after a home, and starting one where none does.

supervisor.lock is held by the one that works; supervisor.json tells who that is and what it saw
last; supervisor.wanted is touched by whoever has use for it (an app, a shell that waits).
"""

from __future__ import annotations

import json
import subprocess
import threading
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from aecore.errors import StoreError
from aecore.jobs.detached import start
from aecore.runs.files import write_json
from aecore.runs.status import process_alive

LOCK = "supervisor.lock"
STATE = "supervisor.json"
WANTED = "supervisor.wanted"
LOG = "supervisor.log"


@dataclass(frozen=True)
class Presence:
    """What a supervisor last told; bytes, and seconds since 1970.

    notice: one sentence for everybody, such as that the disk is almost full; mostly empty.
    """

    pid: int
    started: float
    beat: float
    slots: int
    device: str
    disk_free: int
    disk_total: int
    notice: str = ""

    @property
    def alive(self) -> bool:
        """Whether that very process still runs."""
        return process_alive(self.pid, self.started)


def presence(root: Path) -> Presence | None:
    """The last word of a home's supervisor, dead or alive; None where there never was one."""
    try:
        return Presence(**json.loads((root / STATE).read_bytes()))
    except (OSError, ValueError, TypeError):
        return None


def tell(root: Path, state: Presence) -> None:
    """Leave word; a full disk must not stop a supervisor."""
    try:
        write_json(root / STATE, asdict(state))
    except StoreError:
        return


def take_lock(root: Path, seconds: float = 0, name: str = LOCK) -> FileLock | None:
    """Become the home's supervisor, or what else holds a lock of this name.

    None where another one is for as long as that.
    """
    lock = FileLock(root / name)
    try:
        lock.acquire(timeout=seconds)
    except Timeout:
        return None
    return lock


def wanted_ago(root: Path) -> float:
    """Seconds since somebody last had use for a supervisor."""
    try:
        return time.time() - (root / WANTED).stat().st_mtime
    except OSError:
        return float("inf")


def ensure_supervisor(root: Path) -> bool:
    """Start a supervisor where none works; it outlives us. True if one had to be started.

    Call it again and again: it costs nothing while one works. Raises StoreError.
    """
    try:
        (root / WANTED).touch()
    except OSError as error:
        raise StoreError(f"Could not write to {root}: {error.strerror}.") from error
    with _STARTING:
        begun = _BEGUN.get(root)
        if begun is not None and begun.poll() is None:
            return False  # it works, or still imports what it needs
        lock = take_lock(root)
        if lock is None:
            return False
        lock.release()
        _BEGUN[root] = start("aecore.jobs.supervisor", root, LOG)
        return True


_STARTING = threading.Lock()
_BEGUN: dict[Path, subprocess.Popen[bytes]] = {}
"""The supervisors that this process has started."""
