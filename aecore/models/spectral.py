"""A ceiling for how much a stack of layers can enlarge its input.

Each weight, as a matrix of one row a unit, keeps a largest singular value of 2 at most, found by
one power iteration a step (Miyato et al. 2018, algorithm 1): weights move little in a step, so the
estimate keeps up. Two and not one, since activations such as SiLU halve what is near 0.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

LARGEST = 2.0
"""Largest singular value that a weight may have."""
SETTLING = 10
"""Power iterations before the first step."""


class SpectralCeiling(nn.Module):
    """Holds for each weight of `layers` the direction in which it enlarges most, as buffers."""

    def __init__(self, layers: nn.Module) -> None:
        super().__init__()
        for i, weight in enumerate(_weights(layers)):
            start = torch.linspace(1, 2, len(weight), device=weight.device)
            self.register_buffer(f"direction_{i}", F.normalize(start, dim=0))
        for _ in range(SETTLING):
            self.hold(layers)

    @torch.no_grad()
    def hold(self, layers: nn.Module) -> None:
        """Scale down each weight whose largest singular value has come above the ceiling."""
        for weight, direction in zip(_weights(layers), self.buffers(), strict=True):
            matrix = weight.flatten(1)
            inward = F.normalize(direction @ matrix, dim=0)
            outward = matrix @ inward
            largest = torch.linalg.vector_norm(outward)
            direction.copy_(outward / largest.clamp_min(1e-12))
            weight.div_((largest / LARGEST).clamp_min(1))


def _weights(layers: nn.Module) -> list[Tensor]:
    return [parameter for parameter in layers.parameters() if parameter.dim() > 1]
