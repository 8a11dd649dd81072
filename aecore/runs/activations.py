"""How much memory the layers' outputs of one batch take, counted without computing any."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from aecore.models import Autoencoder


def activation_bytes(model: Autoencoder, shape: tuple[int, int, int], batch: int) -> int:
    """Bytes that forward and backward of one batch keep, as float32.

    Args:
        model: on the meta device, where tensors have shapes and no numbers.

    Each leaf's output is counted twice, once for its gradient; what autograd frees early is
    counted too, so this is an upper bound but for the workspaces of the libraries.
    """
    total = 0

    def count(_: nn.Module, __: Any, output: Any) -> None:
        nonlocal total
        total += 8 * output.numel() if isinstance(output, Tensor) else 0

    leaves = [module for module in model.modules() if not list(module.children())]
    hooks = [leaf.register_forward_hook(count) for leaf in leaves]
    try:
        with torch.no_grad():
            model(torch.empty(1, *shape, device="meta"))
    finally:
        for hook in hooks:
            hook.remove()
    return total * batch
