"""How far two samples' distributions lie apart: the maximum mean discrepancy, by its U-statistic.

MMD²(p, q) = E k(x, x') + E k(y, y') - 2 E k(x, y) with x, x' ~ p and y, y' ~ q (Gretton et al.
2012, equation 3). Pairs of a row with itself are left out, so that the estimate is 0 in the mean
where p = q; it is then negative about half the time, and must not be cut off at 0.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

Kernel = Callable[[Tensor, Tensor], Tensor]
"""Values k(x_i, y_j), (n, m), for rows x (n, d) and y (m, d)."""

SCALES = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0)
"""Of the inverse multiquadratic kernels that are added up, so that one of them fits."""


def imq_kernel(x: Tensor, y: Tensor) -> Tensor:
    """Sum over SCALES s of C / (C + |x - y|²) with C = 2 d s: (n, d) and (m, d) to (n, m).

    2 d is the mean of |x - y|² over a standard normal prior; its slow decay still pulls on codes
    that lie far outside (Tolstikhin et al. 2018, section 4).
    """
    distances = squared_distances(x, y)
    sizes = (2 * x.shape[1] * scale for scale in SCALES)
    return torch.stack([size / (size + distances) for size in sizes]).sum(0)


def rbf_kernel(x: Tensor, y: Tensor) -> Tensor:
    """exp(-|x - y|² / (2 d)): (n, d) and (m, d) to (n, m).

    Its squared width grows with d, as distances do: of a fixed width, it would be 0 between any
    two codes of many numbers, and so would its gradient.
    """
    return (-squared_distances(x, y) / (2.0 * x.shape[1])).exp()


def mmd_u(x: Tensor, y: Tensor, kernel: Kernel) -> Tensor:
    """The unbiased estimate of MMD² from rows x (n, d) and y (m, d), a scalar.

    Gretton et al. 2012, lemma 6. 0 where a sample is a single row, of which there are no pairs.
    """
    if min(len(x), len(y)) < 2:
        return x.new_zeros(())
    return _off_diagonal(kernel(x, x)) + _off_diagonal(kernel(y, y)) - 2 * kernel(x, y).mean()


def squared_distances(x: Tensor, y: Tensor) -> Tensor:
    """|x_i - y_j|² for rows x (n, d) and y (m, d): (n, m)."""
    return torch.cdist(x, y).square()  # in float32 also where matrix products are not


def _off_diagonal(values: Tensor) -> Tensor:
    """Mean of a square matrix without its diagonal."""
    return (values.sum() - values.trace()) / (len(values) * (len(values) - 1))
