"""Where a map lies: trustworthiness and continuity of each sample by itself."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from aecore.errors import InputError
from aecore.metrics.arrays import Values, paired_rows
from aecore.metrics.neighbours import distance_chunks


@dataclass(frozen=True)
class Pointwise:
    """Of each of n samples, (n,) float64: at most 1, and the mean over samples is the measure.

    trustworthiness: low where the second space shows neighbours that are none in the first.
    continuity: low where neighbours in the first space were torn away.
    """

    trustworthiness: NDArray[np.float64]
    continuity: NDArray[np.float64]


def pointwise(first: Values, second: Values, k: int = 5) -> Pointwise:
    """The summands of trustworthiness and continuity (Venna and Kaski 2001), sample by sample.

    1 − c Σ (r − k) over the k neighbours that one sample has in the second space, with
    c = 2 / (k (2n − 3k − 1)) and r their ranks in the first; continuity the other way round.
    Only those k are ranked, which takes about half the time of ranking all.

    Args:
        first, second: (n, …) numbers, n of at least 3.
        k: neighbours, 1 to less than n / 2.

    Raises InputError where the samples do not match or k does not fit n.
    """
    x, z = paired_rows(first, second)
    count = len(x)
    if not 1 <= k < count / 2:
        raise InputError(
            f"{k} neighbours do not fit {count} samples; take at least 1 and less than half."
        )
    came, left = [], []
    for here, there in distance_chunks(x, z):
        came.append(_beyond(here, there, k))
        left.append(_beyond(there, here, k))
    scale = 2 / (k * (2 * count - 3 * k - 1))
    trust, kept = (1 - scale * torch.cat(parts).double().numpy() for parts in (came, left))
    return Pointwise(trust, kept)


def _beyond(far: Tensor, seen: Tensor, k: int) -> Tensor:
    """By how much the ranks of the k nearest that are seen exceed k, a row each.

    far, seen: (m, n) distances in the space that ranks and in the one that chooses the k.
    """
    nearest = seen.topk(k, largest=False).indices
    columns = torch.arange(far.shape[1])
    excess = torch.zeros(len(far), dtype=torch.int64)
    for other in nearest.unbind(1):
        distance = far.gather(1, other[:, None])
        tied = (far == distance) & (columns < other[:, None])
        rank = 1 + ((far < distance) | tied).sum(1)
        excess += (rank - k).clamp_min(0)
    return excess
