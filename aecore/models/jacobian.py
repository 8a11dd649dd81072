"""The Jacobian of an encoder at each image: how its code answers to a change of each pixel."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor


def basis(codes: Tensor) -> Tensor:
    """Every unit vector of the code for every image: (n, k) gives (k, n, k)."""
    count, size = codes.shape
    eye = torch.eye(size, dtype=codes.dtype, device=codes.device)
    return eye.unsqueeze(1).expand(size, count, size)


def pulled_back(
    encode: Callable[[Tensor], Tensor], x: Tensor, directions: Callable[[Tensor], Tensor]
) -> tuple[Tensor, Tensor]:
    """Codes of images, and vᵀ J of each image for some directions v of its code.

    Args:
        encode: (n, C, H, W) to (n, k); one image must not change the code of another.
        x: (n, C, H, W).
        directions: codes (n, k) to (p, n, k); `basis` gives the whole Jacobian.

    Returns (n, k) and (p, n, C, H, W). Both can be differentiated where gradients are enabled;
    they are right where they are not, too, within `torch.inference_mode` also.
    """
    learning = torch.is_grad_enabled()
    with torch.inference_mode(False), torch.enable_grad():
        x = x.clone().requires_grad_()
        codes = encode(x)
        # One by one: all at once (is_grads_batched) is no faster on convolutions, and torch takes
        # more than a second to import what it needs for that.
        rows = torch.stack(
            [
                torch.autograd.grad(codes, x, v, retain_graph=True, create_graph=learning)[0]
                for v in directions(codes)
            ]
        )
    return (codes, rows) if learning else (codes.detach(), rows)
