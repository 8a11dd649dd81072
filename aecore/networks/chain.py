"""Linear layers with activations between, whose gradients are written by hand.

A small network spends more time in autograd's bookkeeping than in its matrix products: with
these, a training step of one on one processor thread takes about two thirds of the time.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

Backward = Callable[[Tensor, Tensor, Tensor], Tensor]
"""(gradient of the output, input of the activation, its output) to the gradient of the input."""

aten = torch.ops.aten
BACKWARD: dict[type[nn.Module], Backward] = {
    nn.ReLU: lambda gradient, _, after: aten.threshold_backward(gradient, after, 0),
    nn.SiLU: lambda gradient, before, _: aten.silu_backward(gradient, before),
    nn.ELU: lambda gradient, _, after: aten.elu_backward(gradient, 1.0, 1.0, 1.0, True, after),
    nn.Tanh: lambda gradient, _, after: aten.tanh_backward(gradient, after),
    nn.Sigmoid: lambda gradient, _, after: aten.sigmoid_backward(gradient, after),
}


class Chain(nn.Sequential):
    """A stack of layers that ends in a Linear one, but for its change of shape."""

    def links(self) -> list[nn.Module] | None:
        """Its Linear layers and activations in order; None where anything else takes part."""
        layers = [layer for layer in self if not isinstance(layer, nn.Flatten | nn.Unflatten)]
        plain = all(type(layer) is nn.Linear or type(layer) in BACKWARD for layer in layers)
        return layers if plain and type(layers[-1]) is nn.Linear else None


class Passed(NamedTuple):
    """A layer with what went in and what came out, both (n, features)."""

    layer: nn.Module
    before: Tensor
    after: Tensor


def forward(links: Sequence[nn.Module], x: Tensor) -> list[Passed]:
    """Send (n, features) through the links; the last entry's `after` is the result."""
    passed: list[Passed] = []
    for layer in links:
        after = F.linear(x, layer.weight, layer.bias) if isinstance(layer, nn.Linear) else layer(x)
        passed.append(Passed(layer, x, after))
        x = after
    return passed


def backward(passed: Sequence[Passed], gradient: Tensor) -> list[Tensor]:
    """Gradients of all weights and biases, in the order of `parameters()` of the links.

    gradient: (n, features) of the last layer's output, which must be a Linear one.
    """
    found: list[Tensor] = []
    for layer, before, after in reversed(passed):
        if not isinstance(layer, nn.Linear):
            gradient = BACKWARD[type(layer)](gradient, before, after)
            continue
        if layer.bias is not None:
            found.append(gradient.sum(0))
        found.append(gradient.t().mm(before))
        if before is not passed[0].before:  # nobody asks for the gradient of the pixels
            gradient = gradient.mm(layer.weight)
    return found[::-1]
