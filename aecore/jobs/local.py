"""Workers on this machine: processes of their own, which outlive whoever started them."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Set
from contextlib import suppress
from dataclasses import dataclass, replace
from math import inf
from typing import Any

import psutil

from aecore.errors import AecoreError, InputError, StoreError
from aecore.jobs.engine import Capacity, Gpu, Handle, Need, Polled
from aecore.jobs.gpus import list_gpus
from aecore.jobs.launch import Child, make_launcher
from aecore.jobs.limits import Limits
from aecore.runs.status import LIVE, process_alive
from aecore.runs.store import Run, RunStore

NODE = "local"
REAP_GRACE = 30.0
KILL = getattr(signal, "SIGKILL", signal.SIGTERM)
"""Windows has only the latter, and it kills at once."""


@dataclass
class _Ending:
    """A worker that is to go: whether it was asked, and when patience ends."""

    asked: bool = False
    kill_at: float = inf


class LocalEngine:
    """Workers of this machine; see `engine.Engine`."""

    def __init__(self) -> None:
        self._launcher = make_launcher()
        self._children: dict[Handle, Child] = {}
        self._endings: dict[Handle, _Ending] = {}

    def capacity(self) -> Capacity:
        """The cores, memory and cards that this process may use."""
        return Capacity(_cores(), psutil.virtual_memory().total, list_gpus(NODE))

    def start(self, run_id: str, attempt: int, need: Need) -> Handle:
        """Start a worker; an attempt starts once, whoever asks how often."""
        handle = Handle(run_id, attempt, NODE)
        if handle in self._children:
            return self._whole(handle)
        newest = _newest(run_id, _status(RunStore()[run_id]))
        if newest is not None and newest.attempt >= attempt:
            return newest if newest == handle else handle
        self._children[handle] = self._launcher.launch(handle, self._limits(need))
        return self._whole(handle)

    def poll(self, handle: Handle) -> Polled:
        """How the worker is."""
        self._act()
        child = self._children.get(handle)
        if child is not None and child.ended is not None:
            return child.ended
        if child is not None and child.watched:
            return Polled("running")  # also a dead one: its end will be told in a moment
        if self._alive(handle):
            return Polled("running")
        if child is not None:
            child.ended = Polled("exited")  # what was promised to it is free again
        return Polled("exited")

    def stop(self, handle: Handle, grace_seconds: float) -> None:
        """SIGTERM now, SIGKILL after the grace."""
        ending = self._endings.setdefault(handle, _Ending())
        ending.kill_at = min(ending.kill_at, time.monotonic() + grace_seconds)
        self._act()

    def kill(self, handle: Handle) -> None:
        """SIGKILL."""
        self._endings[handle] = _Ending(asked=True, kill_at=0)
        self._act()

    def adopt(self, handle: Handle) -> bool:
        """Take a worker of an earlier engine over; its end will be seen, but not its code."""
        whole = self._whole(handle)
        if handle.node != NODE or not self._alive(whole):
            return False
        self._children.setdefault(handle, Child(None, whole.pid, whole.started, False))
        return True

    def reap(self, known: Set[Handle]) -> None:
        """Stop those workers that the runs of this home tell of and nobody knows.

        Who trains in a shell or a notebook is nobody's orphan.
        """
        for run in RunStore():
            try:
                raw = _status(run)
            except AecoreError:
                continue  # the worker of a run that cannot be read could not write either
            handle = _newest(run.id, raw)
            managed = raw.get("managed") and raw["state"] in LIVE
            if managed and handle is not None and handle not in known and self.adopt(handle):
                self.stop(handle, REAP_GRACE)

    def warm_up(self) -> None:
        """Have the nursery ready."""
        self._launcher.warm_up()

    def close(self) -> None:
        """Let go."""
        self._launcher.close()

    def _act(self) -> None:
        """Hear what happened, then signal whoever is to go and is there by now."""
        self._launcher.hear()
        for handle, ending in list(self._endings.items()):
            child = self._children.get(handle)
            if child is not None and child.watched and child.pid is None and not child.ended:
                continue  # still on its way
            whole = self._whole(handle)
            if whole.pid is None or not self._alive(whole):
                del self._endings[handle]
            elif time.monotonic() >= ending.kill_at:
                _send(whole.pid, KILL)
            elif not ending.asked:
                _send(whole.pid, signal.SIGTERM)
                ending.asked = True

    def _whole(self, handle: Handle) -> Handle:
        """With its process, where that is known."""
        child = self._children.get(handle)
        if child is not None and child.pid is not None:
            return replace(handle, pid=child.pid, started=child.started)
        if handle.pid is not None or (child is not None and child.watched):
            return handle
        newest = _newest(handle.run, _status(RunStore()[handle.run]))
        return newest if newest == handle and newest is not None else handle

    def _alive(self, handle: Handle) -> bool:
        whole = self._whole(handle)
        if whole.pid is None or whole.started is None:
            return False
        return process_alive(whole.pid, whole.started)

    def _limits(self, need: Need) -> Limits:
        if not need.gpu_memory:
            return Limits(need.memory, need.threads)
        gpus = list_gpus(NODE)
        if need.gpu_memory > max((gpu.total for gpu in gpus), default=0):
            raise InputError(_no_card(need, gpus))
        gpu = max(gpus, key=self._room)
        if need.gpu_memory > self._room(gpu):
            raise StoreError("Every graphics card is full just now; wait until a run has ended.")
        return Limits(need.memory, need.threads, gpu.index, need.gpu_memory / gpu.total)

    def _room(self, gpu: Gpu) -> float:
        """Bytes of a card that are free, and not promised to a worker that is just starting."""
        promised = sum(
            child.limits.gpu_share * gpu.total
            for child in self._children.values()
            if child.limits and child.limits.gpu == gpu.index and not child.ended
        )
        return min(gpu.free, gpu.total - promised)


def _status(run: Run) -> dict[str, Any]:
    database = run.database()
    try:
        return database.status()
    finally:
        database.close()


def _newest(run_id: str, raw: dict[str, Any]) -> Handle | None:
    """The newest attempt that claimed a run, with its process, from the raw status."""
    if "attempt" not in raw:
        return None
    return Handle(run_id, int(raw["attempt"]), NODE, raw.get("pid"), raw.get("pid_started"))


def _no_card(need: Need, gpus: tuple[Gpu, ...]) -> str:
    wanted = f"The run needs {need.gpu_memory / 1e9:.1f} GB of a graphics card"
    if not gpus:
        return f"{wanted} and this machine has none; train on the processor."
    most = max(gpu.total for gpu in gpus)
    return f"{wanted} and the largest here has {most / 1e9:.1f} GB; choose a smaller batch."


def _cores() -> int:
    """Cores that this process may use; a container may have fewer than the machine."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _send(pid: int, kind: int) -> None:
    with suppress(ProcessLookupError):  # it went by itself just now
        os.kill(pid, kind)
