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
    part = _part.get()
    return torch.randn_like(x) if part is None else _rows_like(x, torch.randn, part)


def uniform_like(x: Tensor) -> Tensor:
    """Numbers from [0, 1) in the shape of x: (n, …), a row for each image of the batch."""
    part = _part.get()
    return torch.rand_like(x) if part is None else _rows_like(x, torch.rand, part)


def _rows_like(x: Tensor, draw: Callable[..., Tensor], part: Part) -> Tensor:
    shape = (part.total, *x.shape[1:])
    return draw(shape, generator=part.generator, dtype=x.dtype, device=x.device)[part.rows]
