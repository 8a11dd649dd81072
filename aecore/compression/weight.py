"""What a decoder weighs: a file of codes is of no use to whoever does not have it."""

from __future__ import annotations

from copy import deepcopy

import torch

from aecore.models import Autoencoder

BYTES = 4
"""Of a number in float32."""


def decoder_bytes(model: Autoencoder) -> int:
    """Bytes of all parameters that decoding uses, and of the average image that it adds.

    Which those are is told by the gradient of what is drawn, for models of any build.
    """
    copy = deepcopy(model).requires_grad_(True).eval()
    with torch.enable_grad():
        code = copy.encode(copy.mean[None]).detach()
        drawn = copy.decode(code).sum()
        parameters = list(copy.parameters())
        found = torch.autograd.grad(drawn, parameters, allow_unused=True)
    used = sum(p.numel() for p, each in zip(parameters, found, strict=True) if each is not None)
    return BYTES * (used + copy.offset.numel())
