"""The mapper: one process a home that draws the maps which are asked for, one after the other.

`python -m aecore.jobs.mapper`. Whoever asks for a map starts it; it outlives them, compiles what
UMAP needs while nobody waits, and leaves when nobody has asked for a while. A second one bows out.
"""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from aecore.errors import AecoreError, StoreError
from aecore.jobs.detached import start
from aecore.jobs.presence import take_lock
from aecore.maps import MapSpec, draw, samples_of
from aecore.maps.draw import Follow
from aecore.maps.measures import ground_of, judged
from aecore.maps.shelf import Asked, Shelf, Standing, ticket_of, trust_ticket
from aecore.maps.trust import trust
from aecore.paths import home
from aecore.projections import Map, projections
from aecore.runs.inference import load_model
from aecore.runs.store import Run, RunStore

LOCK = "mapper.lock"
LOG = logging.getLogger("autoencoder-lab.mapper")
TICK = 0.1
IDLE = 600.0
"""Seconds without a wish, after which it leaves."""
EVERY = 0.1
"""Seconds between two words on a map."""
MOST_DEATHS = 2


class Cancelled(Exception):
    """Nobody waits for this map any more."""


class Mapper:
    """Everything that one look at the wishes needs."""

    def __init__(self, root: Path) -> None:
        self.root, self.shelf = root, Shelf(root)
        self.warm = False

    def tick(self) -> bool:
        """Draw the map that is waited for longest; whether there was one."""
        asked = next(self.shelf.waiting(), None)
        if asked is None:
            return False
        try:
            self._work(asked)
            self.shelf.forget(asked.ticket)
        except Cancelled:
            self.shelf.forget(asked.ticket)
        except AecoreError as error:
            self._give_up(asked, str(error))
        except Exception:
            LOG.exception("map %s", asked.ticket)
            message = "The map could not be drawn, for a reason nobody foresaw; the log has it."
            self._give_up(asked, message)
        return True

    def _give_up(self, asked: Asked, message: str) -> None:
        try:
            self.shelf.tell(asked.ticket, Standing("failed", message=message))
        except StoreError as error:  # a full disk takes no message either
            LOG.error("%s", error)
            self.shelf.forget(asked.ticket)

    def warm_up(self) -> None:
        """Have the quick way of UMAP compiled, and imported what else a first map would wait for.

        umap-learn, which the default quality takes, is left out: it would take up to a minute, in
        which whoever asks for any map would wait.
        """
        if self.warm:
            return
        self.warm = True
        kind = projections["umap"]
        dots = np.random.default_rng(0).normal(size=(60, 3)).astype(np.float32)
        kind(kind.Config()).fit(dots).transform(dots[:5])

    def _work(self, asked: Asked) -> None:
        before = self.shelf.standing(asked.ticket)
        # Where a map is at work already, the mapper that was at it is gone.
        deaths = before.deaths + (before.state == "working")
        if deaths >= MOST_DEATHS:
            raise AecoreError(
                f"The process that drew this map was lost {deaths} times; the machine may be short "
                "of memory. Fit it on fewer images."
            )
        standing = Standing("working", deaths=deaths)
        self.shelf.tell(asked.ticket, standing)
        run = RunStore(self.root)[asked.run]
        loaded = load_model(run)
        ticket = ticket_of(run, loaded, asked.spec)
        if asked.ticket == ticket:
            drawn = draw(
                samples_of(run, loaded, asked.spec), asked.spec, self._follow(asked, standing)
            )
            self.shelf.keep(ticket, drawn)  # to be seen while it is measured
            self.shelf.keep(ticket, judged(ground_of(run, asked.spec), drawn))
        elif asked.ticket == trust_ticket(ticket):
            self._trust(run, asked.spec, ticket)
        # Else the run went on meanwhile; whoever looks will ask for its new map.

    def _trust(self, run: Run, spec: MapSpec, ticket: str) -> None:
        drawn = self.shelf.known(ticket)
        if drawn is not None:  # else the map itself comes first
            self.shelf.keep_trust(ticket, trust(ground_of(run, spec), drawn))

    def _follow(self, asked: Asked, standing: Standing) -> Follow:
        due = 0.0

        def follow(share: float, places: Map | None) -> None:
            nonlocal due
            if time.monotonic() < due:
                return
            if not self.shelf.wanted(asked.ticket):
                raise Cancelled
            if places is not None:
                self.shelf.show(asked.ticket, places)
            self.shelf.tell(asked.ticket, replace(standing, share=share))
            due = time.monotonic() + EVERY

        return follow


def ensure_mapper(root: Path) -> bool:
    """Start a mapper where none is at work. True if one had to be started; raises StoreError."""
    with _STARTING:
        begun = _BEGUN.get(root)
        if begun is not None and begun.poll() is None:
            return False  # it works, or still imports what it needs
        lock = take_lock(root, name=LOCK)
        if lock is None:
            return False
        lock.release()
        _BEGUN[root] = start("aecore.jobs.mapper", root, "mapper.log")
        return True


_STARTING = threading.Lock()
_BEGUN: dict[Path, subprocess.Popen[bytes]] = {}


def serve() -> int:
    """Be the mapper of this home until nobody asks any more; 0 where another one is."""
    root = home()
    lock = take_lock(root, 2.0, LOCK)
    if lock is None:
        return 0
    mapper = Mapper(root)
    busy = time.monotonic()
    try:
        while time.monotonic() - busy < IDLE:
            if mapper.tick():
                busy = time.monotonic()
            else:
                mapper.warm_up()
                time.sleep(TICK)
    finally:
        lock.release()
    return 0


def main() -> int:
    """Entry point."""
    logging.basicConfig(format="%(asctime)s %(message)s", level=logging.WARNING)
    torch.set_num_threads(1)
    try:
        return serve()
    except AecoreError as error:
        LOG.error("%s", error)
        return 1


if __name__ == "__main__":
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    sys.exit(main())
