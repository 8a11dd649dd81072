"""Work on bytes that a stranger made: in a short-lived process of its own, with limits.

Whatever they do to it (a crash, a loop, all the memory it may have), this process goes on. The
child gets no environment beyond what Python needs, so that it knows no secret of the server.
"""

from __future__ import annotations

import errno
import json
import logging
import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from aecore.errors import InputError, NewerVersion, StoreError

LOG = logging.getLogger("autoencoder-lab")
HANDED_ON = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "TEMP", "SYSTEMROOT", "LD_LIBRARY_PATH")
ERRORS = {kind.__name__: kind for kind in (NewerVersion, InputError, StoreError)}
"""What a child may raise here; the first that fits is taken."""
DISK = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EIO)
"""Errors that are no fault of what is read."""
FRUGAL = {"MALLOC_MMAP_THRESHOLD_": "1000000", "ARROW_DEFAULT_MEMORY_POOL": "system"}
"""Has what is freed go back to the system at once: a large table then peaks 100 MB lower."""
LISTENS_EVERY = 0.2
"""Seconds between two looks whether a call was cancelled."""


@dataclass(frozen=True)
class Limits:
    """memory and file (the largest written) in bytes, cpu and wall in seconds.

    Windows has only the last of them.
    """

    memory: int = 4 << 30
    file: int = 2 << 30
    cpu: int = 300
    wall: int = 600


def call(
    function: str,
    values: Mapping[str, Any],
    limits: Limits | None = None,
    what: str = "This file",
    cancelled: Callable[[], bool] | None = None,
) -> Any:
    """Call `module:function` with keyword arguments in a child; arguments and answer are JSON.

    cancelled: asked a few times a second; True ends the child.

    Raises the function's InputError, NewerVersion or StoreError, and InputError where the child
    died, reached a limit or was cancelled; `what` is how that sentence begins.
    """
    limits = limits or Limits()
    asked = {"function": function, "values": values, "limits": asdict(limits)}
    try:
        done = _run(json.dumps(asked).encode(), limits.wall, cancelled or (lambda: False))
    except subprocess.TimeoutExpired:
        raise InputError(f"{what} takes too long to read; it was left alone.") from None
    except OSError as error:
        raise StoreError(f"No process could be started: {error.strerror}.") from error
    if done is None:
        raise InputError(f"{what} was left alone: reading it was cancelled.")
    if done.returncode != 0:
        LOG.info("a sandbox ended with %s: %s", done.returncode, done.stderr[-4000:].decode())
        raise InputError(
            f"{what} could not be read within the limits of memory and time, or is damaged; it was "
            "left alone."
        )
    told = json.loads(done.stdout)
    if "error" in told:
        raise ERRORS[told["error"]](told["message"])
    return told["answer"]


def _run(
    asked: bytes, wall: float, cancelled: Callable[[], bool]
) -> subprocess.CompletedProcess[bytes] | None:
    """The child's end; None where it was cancelled. Raises TimeoutExpired and OSError."""
    # By its file: as a module of its package it would import torch, some seconds, for all.
    command, pipe = [sys.executable, "-P", __file__], subprocess.PIPE
    deadline = time.monotonic() + wall
    with subprocess.Popen(
        command, stdin=pipe, stdout=pipe, stderr=pipe, env=_environment()
    ) as child:
        try:
            told: bytes | None = asked
            while not cancelled():
                try:
                    out, err = child.communicate(told, timeout=LISTENS_EVERY)
                except subprocess.TimeoutExpired:
                    told = None  # it has been taken; `communicate` goes on where it was
                    if time.monotonic() > deadline:
                        raise
                else:
                    return subprocess.CompletedProcess(command, child.returncode, out, err)
            return None
        finally:
            child.kill()


def _environment() -> dict[str, str]:
    package = str(Path(__file__).parents[2])  # found also where the app runs from another folder
    kept = {name: os.environ[name] for name in HANDED_ON if name in os.environ}
    # No GPU: a context takes seconds and memory, and nothing here computes.
    kept |= FRUGAL
    return {**kept, "PYTHONPATH": package, "OMP_NUM_THREADS": "1", "CUDA_VISIBLE_DEVICES": ""}


def _limit(limits: Limits) -> None:
    """Bind this process, from where it stands after its imports."""
    if sys.platform == "win32":
        return
    import resource

    used = resource.getrusage(resource.RUSAGE_SELF)
    for kind, most in (
        (resource.RLIMIT_DATA, limits.memory),
        (resource.RLIMIT_FSIZE, limits.file),
        (resource.RLIMIT_CPU, limits.cpu + int(used.ru_utime + used.ru_stime) + 1),
        (resource.RLIMIT_CORE, 0),
    ):
        hard = resource.getrlimit(kind)[1]
        most = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(kind, (most, most))


def _answer(asked: Mapping[str, Any]) -> dict[str, Any]:
    module, name = asked["function"].split(":")
    function = getattr(import_module(module), name)
    _limit(Limits(**asked["limits"]))
    try:
        return {"answer": function(**asked["values"])}
    except tuple(ERRORS.values()) as error:
        kind = next(name for name, kind in ERRORS.items() if isinstance(error, kind))
        return {"error": kind, "message": str(error)}
    except OSError as error:
        if error.errno not in DISK:
            raise
        message = f"The disk refused ({error.strerror}); free some disk space or check the rights."
        return {"error": StoreError.__name__, "message": message}


def main() -> None:
    """Entry point of the child: JSON on standard input, JSON on standard output."""
    answers = os.dup(1)
    os.dup2(2, 1)  # whatever a library prints must not get between
    answer = _answer(json.load(sys.stdin))
    with os.fdopen(answers, "w", encoding="utf-8") as file:
        json.dump(answer, file)


if __name__ == "__main__":
    main()
