"""How the processes that torchrun starts find each other, and what the first tells the others.

The first one alone claims the run, reads the run's database and writes; the others train along,
on its word after every few steps. Whichever way one of them ends, the rest follow it out.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress

import torch
from torch import distributed
from torch.distributed.distributed_c10d import PrefixStore, Store
from torch.distributed.rendezvous import rendezvous

from aecore.errors import InputError, ProcessLost
from aecore.runs.checks import estimate
from aecore.runs.spec import RunSpec
from aecore.runs.store import Run
from aecore.training.devices import pick_device
from aecore.training.parallel import ALONE, Parallel

WORD_SECONDS = 0.05
MOST_STEPS = 50
"""How long and how many steps the others go on without a word; each costs a wait for all."""


@contextmanager
def joined(run: Run) -> Iterator[Parallel]:
    """This process among those that torchrun started for a run; ALONE where it started none.

    Raises InputError where the run cannot be shared by so many.
    """
    size = int(os.environ.get("WORLD_SIZE", "1"))
    if size == 1:
        yield ALONE
        return
    parallel = Parallel(int(os.environ["RANK"]), size)
    spec = run.spec
    parallel.rows(min(spec.training.batch_size, estimate(spec).train_images))
    distributed.init_process_group(
        _backend(spec), store=_store(), rank=parallel.rank, world_size=size
    )
    try:
        yield parallel
    finally:
        distributed.destroy_process_group()


def _backend(spec: RunSpec) -> str:
    """What the processes talk through; on graphics cards, each process gets its own."""
    kind = pick_device(spec.training.device).type
    if kind == "cpu":
        return "gloo"
    if kind != "cuda":
        raise InputError(
            f"Several processes cannot train on device {kind!r}; choose cpu, or one process."
        )
    place, cards = int(os.environ["LOCAL_RANK"]), torch.cuda.device_count()
    if place >= cards:
        raise InputError(
            f"This machine has {cards} graphics cards; start as many processes on it, or fewer."
        )
    torch.cuda.set_device(place)
    return "cpu:gloo,cuda:nccl"


def _store() -> Store:
    """Where the processes leave their addresses for each other.

    On one machine torchrun keeps one store over all restarts: a process that is quick would find
    the address of a dead one there, so each restart gets names of its own. Machines count their
    restarts apart; they need a new store each time (TORCH_DISABLE_SHARE_RDZV_TCP_STORE=1).
    """
    store, _, _ = next(rendezvous("env://"))
    if os.environ.get("GROUP_WORLD_SIZE", "1") != "1":
        return store
    return PrefixStore(os.environ.get("TORCHELASTIC_RESTART_COUNT", "0"), store)


class Crew:
    """The first process's side; the methods do nothing where it is alone."""

    def __init__(self, parallel: Parallel) -> None:
        self.parallel = parallel
        self._called = False
        self._told = (0, 0.0)
        self._next = 0

    def call(self, step: int, changes: Mapping[int, float]) -> None:
        """Have the others train along, from the checkpoint of a step (0: from the start).

        changes: learning rates by the step from which each holds. Raises ProcessLost.
        """
        self._called = True
        self._told = (step, time.monotonic())
        self.parallel.share([1, step, len(changes)])
        self.parallel.share([number for change in changes.items() for number in change])

    def listening(self, step: int) -> bool:
        """Whether all wait for the first one's word after this step."""
        return step >= self._next

    def tell(self, step: int, leave: bool, learning_rate: float | None) -> None:
        """Whether to leave after this step, and a new learning rate. Raises ProcessLost."""
        if self.parallel.alone:
            return
        before, now = self._told, time.monotonic()
        steps = WORD_SECONDS * (step - before[0]) / max(now - before[1], 1e-9)
        self._told, self._next = (step, now), step + int(min(max(steps, 1), MOST_STEPS))
        self.parallel.share([leave, learning_rate or 0, self._next])

    def dismiss(self) -> None:
        """Let the others go if they were not called; some may be gone already."""
        if not self._called:
            with suppress(ProcessLost):
                self.parallel.share([0, 0, 0])


def called(parallel: Parallel) -> tuple[int, dict[int, float]] | None:
    """The others' side of `Crew.call`: step and changes; None where they are not needed."""
    go, step, count = parallel.share([0, 0, 0])
    if not go:
        return None
    numbers = parallel.share([0] * 2 * int(count))
    steps = [int(number) for number in numbers[::2]]
    return int(step), dict(zip(steps, numbers[1::2], strict=True))


def heard(parallel: Parallel) -> tuple[bool, float | None, int]:
    """The others' side of `Crew.tell`, and after which step to listen again."""
    leave, learning_rate, step = parallel.share([0, 0, 0])
    return bool(leave), learning_rate or None, int(step)
