"""A clerk: one process a home that does the work asked for at a desk, one piece after the other.

Whoever asks starts it; it outlives them, and leaves when nobody has asked for a while. A second
one bows out.
"""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from pathlib import Path
from typing import ClassVar, Generic

import torch

from aecore.errors import AecoreError, StoreError
from aecore.jobs.detached import start
from aecore.jobs.presence import take_lock
from aecore.paths import home
from aecore.runs.desk import Asked, Desk, S, Standing

LOG = logging.getLogger("autoencoder-lab.clerk")
TICK = 0.1
IDLE = 600.0
"""Seconds without a wish, after which it leaves."""
EVERY = 0.1
"""Seconds between two words on a piece of work."""
MOST_DEATHS = 2


class Cancelled(Exception):
    """Nobody waits for this any more."""


class Clerk(ABC, Generic[S]):
    """Everything that one look at the wishes needs."""

    desk: Desk[S]
    thing: ClassVar[str]
    """What it makes, such as "map"."""
    advice: ClassVar[str]
    """What to do where the machine is too small for it: one sentence."""

    def tick(self) -> bool:
        """Do what is waited for longest; whether there was anything."""
        asked = next(self.desk.waiting(), None)
        if asked is None:
            return False
        try:
            self._begin(asked)
            self.desk.forget(asked.ticket)
        except Cancelled:
            self.desk.forget(asked.ticket)
        except AecoreError as error:
            self._give_up(asked, str(error))
        except Exception:
            LOG.exception("%s %s", self.thing, asked.ticket)
            message = f"The {self.thing} failed for a reason nobody foresaw; the log has it."
            self._give_up(asked, message)
        return True

    def warm_up(self) -> None:  # noqa: B027  most have nothing to prepare
        """Do while nobody waits what the first wish would wait for; called again and again."""

    @abstractmethod
    def work(self, asked: Asked[S], standing: Standing) -> None:
        """Do it and put it in place; `standing` is what `say` goes on from.

        Raises Cancelled, or an AecoreError with what is to be told.
        """

    def say(
        self, asked: Asked[S], standing: Standing, show: Callable[[], None] | None = None
    ) -> None:
        """Leave word on how far it is, and what it looks like. Raises Cancelled, StoreError."""
        if not self.desk.wanted(asked.ticket):
            raise Cancelled
        if show is not None:
            show()
        self.desk.tell(asked.ticket, standing)

    def _begin(self, asked: Asked[S]) -> None:
        before = self.desk.standing(asked.ticket)
        # Where it is worked on already, the clerk that was at it is gone.
        deaths = before.deaths + (before.state == "working")
        if deaths >= MOST_DEATHS:
            raise AecoreError(
                f"The process that made this {self.thing} was lost {deaths} times; the machine may "
                f"be short of memory. {self.advice}"
            )
        standing = Standing("working", deaths=deaths)
        self.desk.tell(asked.ticket, standing)
        self.work(asked, standing)

    def _give_up(self, asked: Asked[S], message: str) -> None:
        try:
            self.desk.tell(asked.ticket, Standing("failed", message=message))
        except StoreError as error:  # a full disk takes no message either
            LOG.error("%s", error)
            self.desk.forget(asked.ticket)


class Pace:
    """Lets one word in a while through."""

    def __init__(self) -> None:
        self.due = 0.0

    def ready(self) -> bool:
        """Whether it is time for the next word."""
        return time.monotonic() >= self.due

    def spoken(self) -> None:
        """A word was said just now."""
        self.due = time.monotonic() + EVERY


def ensure(module: str, root: Path) -> bool:
    """Start a clerk where none of its kind is at work. True if one had to be started.

    module: such as aecore.jobs.mapper; its last part names its lock and its log.
    Raises StoreError.
    """
    name = module.rpartition(".")[2]
    with _STARTING:
        begun = _BEGUN.get((module, root))
        if begun is not None and begun.poll() is None:
            return False  # it works, or still imports what it needs
        lock = take_lock(root, name=f"{name}.lock")
        if lock is None:
            return False
        lock.release()
        _BEGUN[(module, root)] = start(module, root, f"{name}.log")
        return True


_STARTING = threading.Lock()
_BEGUN: dict[tuple[str, Path], subprocess.Popen[bytes]] = {}


def serve(name: str, make: Callable[[Path], Clerk[S]]) -> int:
    """Be the clerk of this home until nobody asks any more; 0 where another one is."""
    root = home()
    lock = take_lock(root, 2.0, f"{name}.lock")
    if lock is None:
        return 0
    clerk = make(root)
    busy = time.monotonic()
    try:
        while time.monotonic() - busy < IDLE:
            if clerk.tick():
                busy = time.monotonic()
            else:
                clerk.warm_up()
                time.sleep(TICK)
    finally:
        lock.release()
    return 0


def main(name: str, make: Callable[[Path], Clerk[S]]) -> None:
    """Entry point of a clerk's module; ends the process."""
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    logging.basicConfig(format="%(asctime)s %(message)s", level=logging.WARNING)
    torch.set_num_threads(1)
    try:
        sys.exit(serve(name, make))
    except AecoreError as error:
        LOG.error("%s", error)
        sys.exit(1)
