"""The supervisor: one process a home that owns the queue and looks after every worker.

`python -m aecore.jobs.supervisor`. It is started by the app, outlives it, and leaves when there
is nothing to do and nobody who wants it. Workers outlive it in turn: the next supervisor adopts
those that still run and goes on with the runs of those that do not. A second one bows out.
"""

from __future__ import annotations

import logging
import os
import secrets
import signal
import sys
import time
from dataclasses import dataclass, field

import psutil

from aecore.catalog import queue
from aecore.catalog.people import quotas
from aecore.catalog.reindex import reindex
from aecore.catalog.rows import RunRow
from aecore.catalog.runs import change
from aecore.catalog.store import Catalog
from aecore.errors import AecoreError, InputError, StoreError
from aecore.jobs.engine import Capacity, Engine
from aecore.jobs.engines import make_engine
from aecore.jobs.housekeeping import Housekeeping
from aecore.jobs.presence import Presence, presence, take_lock, tell, wanted_ago
from aecore.jobs.slots import has_room, need_of, slots_of
from aecore.jobs.watch import LEASE, Watch, handle_of
from aecore.paths import home
from aecore.runs.store import RunStore

LOG = logging.getLogger("autoencoder-lab.supervisor")
TICK = 0.1
RENEW = 5.0
TELL = 2.0
UNWANTED = 60.0
"""Seconds without work and without anybody who wants a supervisor, after which it leaves."""
LOCK_SECONDS = 2.0
"""Whoever only asks whether a supervisor is there holds the lock for a moment."""


@dataclass
class Supervisor:
    """Everything that one look around needs; `tick` is one look."""

    catalog: Catalog
    engine: Engine
    name: str = field(default_factory=lambda: secrets.token_hex(8))
    engine_name: str = "local"

    def __post_init__(self) -> None:
        self.watch = Watch(self.catalog, self.engine, self.name)
        self.housekeeping = Housekeeping(self.catalog)
        self._due: dict[str, float] = {}
        self._complaints: dict[str, str] = {}
        self._capacity = Capacity(1, 0)

    def begin(self) -> None:
        """Take in what an earlier supervisor, or an older version, left."""
        reindex(self.catalog)
        self.engine.warm_up()
        rows = queue.active(self.catalog)
        known = {handle_of(row) for row in rows if row.engine != queue.SHELL}
        for handle in known:
            self.engine.adopt(handle)
        shells = {handle_of(row) for row in rows if row.engine == queue.SHELL}
        self.engine.reap(known | shells)

    def tick(self) -> bool:
        """Look after all runs once; whether any is at work or waits."""
        if self._is_due("capacity", 5.0):
            self._capacity = self.engine.capacity()
        rows = queue.active(self.catalog)
        disk = self.housekeeping.disk()
        minutes = quotas(self.catalog).minutes if rows else 0.0
        for row in rows:
            try:
                self.watch.look(row, minutes, tight=disk.tight)
            except Exception as error:  # one bad run must not stop the others
                self.complain(f"run {row.id}", error)
        if self._is_due("renew", RENEW):
            queue.renew(self.catalog, self.name, LEASE, [r for r in rows if r.state != "lost"])
        self.housekeeping.maybe()
        if not disk.filling:
            self._fill(rows)
        if self._is_due("tell", TELL):
            self._tell()
        return bool(rows) or queue.anyone_waits(self.catalog)

    def _fill(self, at_work: list[RunRow]) -> None:
        """Start as many waiting runs as there is room for."""
        busy = sum(row.engine != queue.SHELL for row in at_work)
        if busy >= slots_of(self._capacity) or not queue.anyone_waits(self.catalog):
            return  # to put a long queue in order ten times a second costs much
        running = quotas(self.catalog).running
        while row := queue.claim(self.catalog, self.name, LEASE, running, self._has_room):
            self._start(row)

    def _has_room(self, row: RunRow, at_work: list[RunRow]) -> bool:
        return has_room(row, at_work, self._capacity, slots_of(self._capacity))

    def _start(self, row: RunRow) -> None:
        try:
            need = need_of(row, RunStore(self.catalog.root)[row.id].spec, self._capacity)
            handle = self.engine.start(row.id, row.attempt, need)
        except StoreError as error:
            state = "recovering" if row.tries else "queued"  # as it was before
            later = {"state": state, "not_before": time.time() + 5, "message": str(error)}
            change(self.catalog, row, **later)
        except InputError as error:
            change(self.catalog, row, state="failed", reason="engine", message=str(error))
        else:
            change(self.catalog, row, handle=handle.to_json(), engine=self.engine_name)

    def complain(self, about: str, error: Exception) -> None:
        """Log an error, once as long as it stays the same: the disk may be full already."""
        if self._complaints.get(about) != str(error):
            self._complaints[about] = str(error)
            LOG.error("%s: %s", about, error, exc_info=not isinstance(error, AecoreError))

    def _is_due(self, what: str, seconds: float) -> bool:
        now = time.monotonic()
        if now - self._due.get(what, -seconds) < seconds:
            return False
        self._due[what] = now
        return True

    def _tell(self) -> None:
        me, disk = psutil.Process(), self.housekeeping.disk()
        device = ", ".join(f"card {gpu.index} of {gpu.node}" for gpu in self._capacity.gpus)
        notice = ""
        if disk.filling:
            notice = (
                f"The disk is almost full ({disk.free / 1e9:.1f} GB free): nothing new starts"
                + (", and runs are paused" if disk.tight else "")
                + ". Nothing is lost. Delete runs and empty the trash, or free some space."
            )
        slots = slots_of(self._capacity)
        values = (me.pid, me.create_time(), time.time(), slots, device, disk.free, disk.total)
        tell(self.catalog.root, Presence(*values, notice))


def serve() -> int:
    """Be the supervisor of this home until there is nothing to do; 0 where another one is."""
    root = home()
    lock = take_lock(root, LOCK_SECONDS)
    if lock is None:
        other = presence(root)
        LOG.warning("already running (pid %s)", other.pid if other else "unknown")
        return 0
    name, engine = make_engine()
    supervisor = Supervisor(Catalog(root), engine, engine_name=name)
    leaving: list[int] = []
    signal.signal(signal.SIGTERM, lambda number, _: leaving.append(number))
    try:
        supervisor.begin()
        busy = time.monotonic()
        while not leaving:
            try:
                if supervisor.tick():
                    busy = time.monotonic()
            except AecoreError as error:  # a database that comes back, a disk that was full
                supervisor.complain("supervisor", error)
                time.sleep(1)
            if time.monotonic() - busy > UNWANTED and wanted_ago(root) > UNWANTED:
                break
            time.sleep(TICK)
    finally:
        engine.close()
        lock.release()
    return 0


def main() -> int:
    """Entry point."""
    logging.basicConfig(format="%(asctime)s %(message)s", level=logging.WARNING)
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    try:
        return serve()
    except AecoreError as error:
        LOG.error("%s", error)
        return 1


if __name__ == "__main__":
    sys.exit(main())
