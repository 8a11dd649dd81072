"""The nursery: one process with every import done, which forks a worker for each run.

A worker so costs milliseconds to start, and all share the memory of the imports. It serves one
engine, by lines of JSON: {"run", "attempt", "limits"} on its standard input starts a worker; on
its standard output it answers {"run", "attempt", "pid", "started"}, and at that worker's end
{"run", "attempt", "code", "signal"}. Once its input is closed it leaves; its workers go on.

A fork copies only the thread that forks, so this process must have no other one, must never have
touched CUDA, and must hold no SQLite connection. Linux only: on macOS, Apple's own libraries break
in a forked process, and Windows has no fork.
"""

from __future__ import annotations

import gc
import json
import os
import select
import signal
import sys
import traceback
from typing import Any

import psutil
import torch

from aecore.datasets import open_data
from aecore.jobs.limits import Limits
from aecore.jobs.worker import CODES, log_to, work
from aecore.runs.store import RunStore

Key = tuple[str, int]


class Nursery:
    """Forks workers and buries them. Only the process that made it may use it."""

    def __init__(self) -> None:
        self._workers: dict[int, Key] = {}
        self._heard, self._wake = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)

    def serve(self) -> None:
        """Until the engine has closed our input."""
        signal.set_wakeup_fd(self._wake)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        poll, rest = select.poll(), b""
        poll.register(0, select.POLLIN)
        poll.register(self._heard, select.POLLIN)
        while True:
            ready = dict(poll.poll())
            if ready.get(0, 0) & (select.POLLHUP | select.POLLERR):
                return  # also where orders still wait: whoever gave them is gone
            if self._heard in ready:
                os.read(self._heard, 4096)
                self._bury()
            if 0 in ready:
                *lines, rest = (rest + os.read(0, 65536)).split(b"\n")
                for line in lines:
                    self._bear(json.loads(line))

    def _bear(self, order: dict[str, Any]) -> None:
        key = (str(order["run"]), int(order["attempt"]))
        pid = os.fork()
        if pid == 0:
            os._exit(_grow(*key, Limits(**order["limits"])))
        self._workers[pid] = key
        _tell(key, pid=pid, started=psutil.Process(pid).create_time())

    def _bury(self) -> None:
        while self._workers:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if pid == 0:
                return
            code = os.waitstatus_to_exitcode(status)
            key = self._workers.pop(pid)
            _tell(key, code=code if code >= 0 else None, signal=-code if code < 0 else None)


def _tell(key: Key, **values: float | None) -> None:
    line = json.dumps({"run": key[0], "attempt": key[1], **values})
    print(line, flush=True)  # noqa: T201


def _grow(run_id: str, attempt: int, limits: Limits) -> int:
    """The life of a worker, in the forked process; the code to exit with."""
    try:
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        os.setsid()
        os.dup2(os.open(os.devnull, os.O_RDWR), 0)
        os.dup2(0, 1)  # the engine's lines are not ours
        run = RunStore()[run_id]
        log_to(run)
        return work(run, attempt, limits)
    except BaseException:
        traceback.print_exc()
        return CODES["failed"]
    finally:
        sys.stdout.flush()
        sys.stderr.flush()


def main() -> int:
    """Entry point."""
    torch.set_num_threads(1)
    open_data("digits")  # imports scikit-learn
    gc.collect()
    gc.freeze()
    Nursery().serve()
    return 0


if __name__ == "__main__":
    sys.exit(main())
