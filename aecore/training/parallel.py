"""Several processes that train one model: who this one is, and what they tell each other.

Every process holds the model and takes its rows of each batch; gradients are added up over all
of them (Li et al. 2020, PyTorch Distributed). Only the first one records. The loss is that of one
process up to the rounding of sums, but for two layers: dropout draws masks for each process, and
batch norm takes its statistics from a process's own rows. With these, a run still repeats itself
bit by bit on as many processes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import Tensor, distributed

from aecore.errors import InputError, ProcessLost

FEWEST_ROWS = 2
"""Of a batch for each process: batch norm has no statistics of a single image."""


@dataclass(frozen=True)
class Parallel:
    """One of `size` processes that train together; the first has rank 0.

    More than one need torch's default process group (`aecore.jobs.parallel.join`). All must call
    `add_up` and `share` in the same order.
    """

    rank: int = 0
    size: int = 1

    @property
    def alone(self) -> bool:
        """Whether this process trains by itself."""
        return self.size == 1

    @property
    def first(self) -> bool:
        """Whether this is the process that validates, records and hears commands."""
        return self.rank == 0

    def rows(self, count: int) -> slice:
        """The rows of a batch of `count` images that are this process's.

        Raises InputError where there are fewer than two for each.
        """
        if count < FEWEST_ROWS * self.size:
            raise InputError(
                f"A batch of {count} images is too small for {self.size} processes; choose a batch "
                f"size of at least {FEWEST_ROWS * self.size}, or fewer processes."
            )
        return slice(count * self.rank // self.size, count * (self.rank + 1) // self.size)

    def add_up(self, tensor: Tensor) -> None:
        """Replace a tensor by its sum over all processes. Raises ProcessLost."""
        with _losses():
            distributed.all_reduce(tensor)

    def share(self, values: Sequence[float]) -> list[float]:
        """The first process's values, in every process; all pass equally many.

        Raises ProcessLost.
        """
        if self.alone:
            return list(values)
        told = torch.tensor(values, dtype=torch.float64)
        with _losses():
            distributed.broadcast(told, src=0)
        return told.tolist()


@contextmanager
def _losses() -> Iterator[None]:
    """torch reports a peer that is gone as a plain RuntimeError."""
    try:
        yield
    except RuntimeError as error:
        raise ProcessLost(
            "Another process of this run is gone, so this one left too; what was saved is kept, "
            "start the run again to go on."
        ) from error


ALONE = Parallel()
