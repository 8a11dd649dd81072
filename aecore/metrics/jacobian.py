"""In how many directions an encoder answers to changes of an image.

Rifai et al. 2011, figure 3: the spectrum of J = df/dx. The effective rank here is the participation
ratio of its squared singular values, (Σ s²)² / Σ s⁴: r where r of them are equal and the rest 0.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from aecore.models import Autoencoder
from aecore.models.jacobian import basis, pulled_back

CHUNK = 32


def jacobian_rank(model: Autoencoder, x: Tensor) -> Tensor:
    """Effective rank of the encoder's Jacobian at each image.

    Args:
        model: in eval mode, on the device of x.
        x: (n, C, H, W) in [0, 1].

    Returns (n,) float64, from 1 to the smaller of code size and pixels; 0 where the code does not
    answer at all.
    """
    ranks = [_ranks(model, part) for part in x.split(CHUNK)]
    return torch.cat(ranks) if ranks else torch.zeros(0, dtype=torch.float64)


def singular_values(encode: Callable[[Tensor], Tensor], x: Tensor) -> Tensor:
    """Singular values of the Jacobian of a code at each image, the largest first.

    How far the code moves when the image moves a little in the direction that each belongs to.

    Args:
        encode: (n, C, H, W) to (n, k); one image must not change the code of another.
        x: (n, C, H, W).

    Returns (n, r) float64 with r the smaller of k and C · H · W.
    """
    gram = _gram(encode, x)
    size = min(gram.shape[1], x[0].numel())
    return torch.linalg.eigvalsh(gram).clamp_min(0).sqrt().flip(1)[:, :size]


@torch.no_grad()
def _gram(encode: Callable[[Tensor], Tensor], x: Tensor) -> Tensor:
    """J Jᵀ at each image, (n, k, k): its eigenvalues are the squared singular values."""
    _, rows = pulled_back(encode, x, basis)
    jacobian = rows.flatten(2).transpose(0, 1).double()
    return jacobian @ jacobian.mT


def _ranks(model: Autoencoder, x: Tensor) -> Tensor:
    gram = _gram(model.encode, x)
    total = gram.diagonal(dim1=1, dim2=2).sum(1)
    return total.square() / gram.square().sum((1, 2)).clamp_min(1e-300)
