"""UMAP's layout without umap-learn: less to compile, and faster.

The same draws towards neighbours and away from strangers (McInnes, Healy and Melville 2018,
section 3.2), one after the other on one thread, so that a seed repeats every bit of a map. What
makes it fast: forces are read from a table instead of taking a power of each distance. What that
gains stands in benchmarks/results/maps-cpu.json; that maps are as good, in
tests/test_projection_quick.py.
"""

from __future__ import annotations

import time
from functools import cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from aecore.projections.base import Map, Watch

STRANGERS = 5
"""Samples that one is pushed away from, each time it is drawn to a neighbour."""
FARTHEST = 4.0
"""No force along an axis is larger."""
SECONDS = 0.1
"""Between two looks at a map that is being laid out."""
LOW, HIGH = -24, 16
"""Powers of two between which the table has the squared distances."""
FINE = 8
"""Leading binary digits that tell squared distances apart: 256 steps from one power of two to the
next, so that no force is wrong by more than 0.4 %."""


def forces_of(a: float, b: float) -> NDArray[np.float32]:
    """What to multiply the difference of two places with, by their squared distance d².

    From the gradients in the paper's section 3.2, (2, steps): of a neighbour,
    −2ab d^(2b − 2) / (1 + a d^2b), and of a stranger, 2b / ((0.001 + d²)(1 + a d^2b)).
    """
    octave, step = np.divmod(np.arange(LOW << FINE, HIGH << FINE) + 0.5, 1 << FINE)
    squared = 2**octave * (1 + step / (1 << FINE))
    power = squared**b
    towards = -2 * a * b * power / (squared * (1 + a * power))
    away = 2 * b / ((0.001 + squared) * (1 + a * power))
    return np.stack([towards, away]).astype(np.float32)


class QuickLayout(NamedTuple):
    """How places are found: epochs through the edges, the curve's a and b, what fixes the draws."""

    epochs: int
    curve: tuple[float, float]
    seed: int
    step: float = 1.0

    def run(self, places: Map, graph: Any, watch: Watch, fixed: Map | None = None) -> Map:
        """Move places (n, 2) until they fit their graph (n, n), or (n, m) where others are fixed.

        Args:
            graph: scipy.sparse.csr_matrix of weights.
            fixed: (m, 2), the others, which do not move.
        """
        forces, one_round = forces_of(*self.curve), _compiled()
        moving = np.array(places, np.float32, order="C")
        shares = (graph.data / graph.data.max()).astype(np.float32)
        edges = graph.indptr.astype(np.int64), graph.indices.astype(np.int64), shares
        others = moving if fixed is None else np.ascontiguousarray(fixed, np.float32)
        due = time.monotonic() + SECONDS
        for number in range(self.epochs):
            step = self.step * (1 - number / self.epochs)
            one_round(moving, others, fixed is None, *edges, forces, number, self.seed, step)
            if time.monotonic() >= due:
                watch((number + 1) / self.epochs, moving)
                due = time.monotonic() + SECONDS
        return moving


@cache
def _compiled() -> Any:
    """One round, compiled for this process.

    Not kept on the disk: what numba keeps there can run code when it is read.
    """
    from numba import njit  # slow to import

    given = "f4[:,::1], f4[:,::1], b1, i8[::1], i8[::1], f4[::1], f4[:,::1], i8, u8, f4"
    return njit(f"void({given})", fastmath=True, nogil=True)(_round)


def _round(
    moving: Map,
    others: Map,
    together: bool,
    starts: NDArray[np.int64],
    ends: NDArray[np.int64],
    shares: NDArray[np.float32],
    forces: NDArray[np.float32],
    number: int,
    seed: int,
    step: float,
) -> None:
    """Go through all edges once; one with a share of 0.2 is drawn in every fifth round."""
    count, least, steps = np.uint64(len(others)), np.int64(127 + LOW) << FINE, forces.shape[1]
    farthest, before, now = FARTHEST * step, np.float32(number), np.float32(number + 1)
    draw = np.uint64(seed) + np.uint64(number) * np.uint64(0x9E3779B97F4A7C15)
    for i in range(len(moving)):
        x, y = moving[i, 0], moving[i, 1]
        for edge in range(starts[i], starts[i + 1]):
            if np.int64(shares[edge] * now) == np.int64(shares[edge] * before):
                continue
            for turn in range(1 + STRANGERS):
                other = ends[edge]
                if turn > 0:  # a stranger, by Knuth's generator of 64 bits
                    draw = draw * np.uint64(6364136223846793005) + np.uint64(1442695040888963407)
                    other = np.int64(((draw >> np.uint64(32)) * count) >> np.uint64(32))
                    if together and other == i:
                        continue
                dx, dy = x - others[other, 0], y - others[other, 1]
                bits = np.int64(np.float32(dx * dx + dy * dy).view(np.int32))
                cell = min(max((bits >> (23 - FINE)) - least, 0), steps - 1)
                force = step * forces[min(turn, 1), cell]
                dx = min(max(force * dx, -farthest), farthest)
                dy = min(max(force * dy, -farthest), farthest)
                x, y = x + dx, y + dy
                if together and turn == 0:
                    others[other, 0] -= dx
                    others[other, 1] -= dy
        moving[i, 0], moving[i, 1] = x, y
