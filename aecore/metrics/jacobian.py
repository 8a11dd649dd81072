"""In how many directions an encoder answers to changes of an image.

Rifai et al. 2011, figure 3: the spectrum of J = df/dx. The effective rank here is the participation
ratio of its squared singular values, (Σ s²)² / Σ s⁴: r where r of them are equal and the rest 0.
"""

from __future__ import annotations

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


@torch.no_grad()
def _ranks(model: Autoencoder, x: Tensor) -> Tensor:
    _, rows = pulled_back(model.encode, x, basis)
    jacobian = rows.flatten(2).transpose(0, 1).double()
    gram = jacobian @ jacobian.mT  # its eigenvalues are the squared singular values
    total = gram.diagonal(dim1=1, dim2=2).sum(1)
    return total.square() / gram.square().sum((1, 2)).clamp_min(1e-300)
