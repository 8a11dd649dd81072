"""Random numbers for the images of a batch, also where this process holds only some of them.

Processes that train together draw for the whole batch, each from a generator in the same state,
and keep the rows of their own images: together they use what one process alone would use.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import NamedTuple

import torch
from torch import Generator, Tensor


class Part(NamedTuple):
    """Which rows of a batch of `total` images are here, and what the whole batch draws from."""

    rows: slice
    total: int
    generator: Generator


_part: ContextVar[Part | None] = ContextVar("part", default=None)


@contextmanager
def drawing_for(part: Part) -> Iterator[None]:
    """Within, a batch is this part of a larger one."""
    token = _part.set(part)
    try:
        yield
    finally:
        _part.reset(token)


def normal_like(x: Tensor) -> Tensor:
    """Standard normal numbers in the shape of x: (n, …), a row for each image of the batch."""
    return _rows(x, torch.randn, torch.randn_like)


def uniform_like(x: Tensor) -> Tensor:
    """The same, of numbers spread evenly over [0, 1)."""
    return _rows(x, torch.rand, torch.rand_like)


def _rows(x: Tensor, draw: Callable[..., Tensor], draw_like: Callable[[Tensor], Tensor]) -> Tensor:
    part = _part.get()
    if part is None:
        # In the order of x's rows: its memory may be in another order, such as channels last.
        return draw_like(x.contiguous())
    shape = (part.total, *x.shape[1:])
    return draw(shape, generator=part.generator, dtype=x.dtype, device=x.device)[part.rows]
