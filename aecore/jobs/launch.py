"""How workers come into being on this machine: forked from the nursery, or as processes anew."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Protocol

import psutil

from aecore.errors import StoreError
from aecore.jobs.engine import Handle, Polled
from aecore.jobs.environment import environment
from aecore.jobs.limits import Limits
from aecore.paths import home


@dataclass
class Child:
    """What is known of a worker of ours; the launcher fills it in when it `hear`s.

    limits: those that it was started with, None for one that was adopted;
    watched: whether the launcher will tell its end.
    """

    limits: Limits | None = None
    pid: int | None = None
    started: float | None = None
    watched: bool = True
    ended: Polled | None = None


class Launcher(Protocol):
    """Makes workers and hears of their ends."""

    def launch(self, handle: Handle, limits: Limits) -> Child:
        """Start the worker of a handle. Raises StoreError."""

    def hear(self) -> None:
        """Take in what happened since the last call, without waiting."""

    def warm_up(self) -> None:
        """Get ready for the first one."""

    def close(self) -> None:
        """Let go; workers go on."""


def make_launcher() -> Launcher:
    """The best way that this system knows."""
    return NurseryLauncher() if sys.platform == "linux" else ColdLauncher()


class NurseryLauncher:
    """Workers in milliseconds, forked by a process that has every import done."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._children: dict[tuple[str, int], Child] = {}
        self._rest = b""

    def warm_up(self) -> None:
        """Start the nursery where none lives. Raises StoreError."""
        self._nursery()

    def _nursery(self) -> subprocess.Popen[bytes]:
        self.hear()  # tells of a nursery's death
        if self._process is None:
            self._process = _spawn("aecore.jobs.nursery", stdin=subprocess.PIPE)
            os.set_blocking(_fd(self._process.stdout), False)
        return self._process

    def launch(self, handle: Handle, limits: Limits) -> Child:
        """Order a worker; the nursery answers later, but comes to every order in turn."""
        order = {"run": handle.run, "attempt": handle.attempt, "limits": asdict(limits)}
        try:
            os.write(_fd(self._nursery().stdin), json.dumps(order).encode() + b"\n")
        except OSError as error:
            raise _not_started(error) from error
        child = Child(limits)
        self._children[handle.run, handle.attempt] = child
        return child

    def hear(self) -> None:
        """Take in the nursery's answers."""
        if self._process is None:
            return
        while True:
            try:
                text = os.read(_fd(self._process.stdout), 65536)
            except BlockingIOError:
                return
            if not text:
                self._lose()
                return
            *lines, self._rest = (self._rest + text).split(b"\n")
            for line in lines:
                self._take(json.loads(line))

    def _take(self, told: Mapping[str, Any]) -> None:
        key = (told["run"], told["attempt"])
        if "pid" in told:
            self._children[key].pid = told["pid"]
            self._children[key].started = told["started"]
        else:
            self._children.pop(key).ended = Polled("exited", told["code"], told["signal"])

    def _lose(self) -> None:
        """The nursery is gone: its workers live on, but their ends are told by nobody."""
        for child in self._children.values():
            child.watched = False
        self._children.clear()
        self.close()

    def close(self) -> None:
        """End the nursery; it has nothing that could be lost."""
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
        self._process, self._rest = None, b""


class ColdLauncher:
    """A process of its own for each worker, which takes seconds to import what it needs."""

    def __init__(self) -> None:
        self._processes: list[tuple[subprocess.Popen[bytes], Child]] = []

    def launch(self, handle: Handle, limits: Limits) -> Child:
        """Start a worker. Raises StoreError."""
        named = ["--attempt", str(handle.attempt), "--limits", limits.to_json()]
        process = _spawn("aecore.jobs.worker", handle.run, *named, stdin=subprocess.DEVNULL)
        child = Child(limits, process.pid, psutil.Process(process.pid).create_time())
        self._processes.append((process, child))
        return child

    def hear(self) -> None:
        """See which have ended."""
        for process, child in self._processes:
            code = process.poll()
            if code is not None:
                ended = (code, None) if code >= 0 else (None, -code)
                child.ended = Polled("exited", *ended)
        self._processes = [pair for pair in self._processes if pair[1].ended is None]

    def warm_up(self) -> None:
        """There is nothing to get ready."""

    def close(self) -> None:
        """Forget the workers; they go on."""
        self._processes.clear()


def _spawn(module: str, *arguments: str, stdin: int) -> subprocess.Popen[bytes]:
    try:
        return subprocess.Popen(
            [sys.executable, "-m", module, *arguments],
            stdin=stdin,
            stdout=subprocess.PIPE if stdin == subprocess.PIPE else subprocess.DEVNULL,
            start_new_session=True,
            env=environment(home()),
        )
    except OSError as error:
        raise _not_started(error) from error


def _not_started(error: OSError) -> StoreError:
    return StoreError(
        f"No training process could be started ({error.strerror}); end other programs, then try "
        "again."
    )


def _fd(pipe: Any) -> int:
    return int(pipe.fileno())
