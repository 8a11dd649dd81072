"""Timing that waits for the device."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from time import perf_counter

import torch


class Clock:
    seconds = 0.0


@contextmanager
def timed() -> Iterator[Clock]:
    """Wall time of a block, until everything it queued on a graphics card is done."""
    clock = Clock()
    _wait()
    start = perf_counter()
    yield clock
    _wait()
    clock.seconds = perf_counter() - start


def _wait() -> None:
    if torch.cuda.is_available():
        torch.cuda.synchronize()
