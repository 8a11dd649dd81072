"""AdamW, Adam, SGD and RMSprop as one fused call a step.

The kernels are torch's own; its Optimizer classes around them cost about 1.1 s at their first
construction (they import torch._dynamo) and some 0.1 ms a step, which is as long as a small
network's whole step. The kernels are private, so requirements.txt pins torch and
tests/test_optimizers.py holds every rule against torch.optim.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence

import torch
from torch import Tensor

MOMENTUM = 0.9
BETAS = (0.9, 0.999)
RMS_DECAY = 0.99
EPSILON = 1e-8


class Optimizer(ABC):
    """Changes parameters in place. Its state is a flat list of tensors, for checkpoints."""

    def __init__(self, parameters: Sequence[Tensor], weight_decay: float) -> None:
        self.parameters = list(parameters)
        self.weight_decay = weight_decay

    @abstractmethod
    def state(self) -> list[Tensor]:
        """Every tensor that outlives a step, in a fixed order; copy into them to restore."""

    @abstractmethod
    def step(self, gradients: list[Tensor], learning_rate: float) -> None:
        """One change of the parameters; call it under `torch.no_grad()`."""

    def _zeros(self) -> list[Tensor]:
        return [torch.zeros_like(parameter) for parameter in self.parameters]


class Adam(Optimizer):
    """Kingma and Ba 2015; weight decay is added to the gradient."""

    kernel = staticmethod(torch._fused_adam_)

    def __init__(self, parameters: Sequence[Tensor], weight_decay: float) -> None:
        super().__init__(parameters, weight_decay)
        self.mean, self.square = self._zeros(), self._zeros()
        self.count = torch.zeros((), device=self.parameters[0].device)

    def state(self) -> list[Tensor]:
        return [self.count, *self.mean, *self.square]

    def step(self, gradients: list[Tensor], learning_rate: float) -> None:
        self.count += 1
        self.kernel(
            self.parameters,
            gradients,
            self.mean,
            self.square,
            [],
            [self.count] * len(self.parameters),
            lr=learning_rate,  # type: ignore[arg-type]  # the kernel takes both
            beta1=BETAS[0],
            beta2=BETAS[1],
            weight_decay=self.weight_decay,
            eps=EPSILON,
            amsgrad=False,
            maximize=False,
        )


class AdamW(Adam):
    """Loshchilov and Hutter 2019; weight decay acts on the weights themselves."""

    kernel = staticmethod(torch._fused_adamw_)


class SGD(Optimizer):
    """Stochastic gradient descent with momentum 0.9."""

    def __init__(self, parameters: Sequence[Tensor], weight_decay: float) -> None:
        super().__init__(parameters, weight_decay)
        self.momentum = self._zeros()

    def state(self) -> list[Tensor]:
        return self.momentum

    def step(self, gradients: list[Tensor], learning_rate: float) -> None:
        if self.weight_decay:
            gradients = list(
                torch._foreach_add(gradients, self.parameters, alpha=self.weight_decay)
            )
        torch._foreach_mul_(self.momentum, MOMENTUM)
        torch._foreach_add_(self.momentum, gradients)
        torch._foreach_add_(self.parameters, self.momentum, alpha=-learning_rate)


class RMSprop(Optimizer):
    """Tieleman and Hinton 2012, decay 0.99."""

    def __init__(self, parameters: Sequence[Tensor], weight_decay: float) -> None:
        super().__init__(parameters, weight_decay)
        self.square = self._zeros()

    def state(self) -> list[Tensor]:
        return self.square

    def step(self, gradients: list[Tensor], learning_rate: float) -> None:
        if self.weight_decay:
            gradients = list(
                torch._foreach_add(gradients, self.parameters, alpha=self.weight_decay)
            )
        torch._foreach_mul_(self.square, RMS_DECAY)
        torch._foreach_addcmul_(self.square, gradients, gradients, value=1 - RMS_DECAY)
        root = torch._foreach_sqrt(self.square)
        torch._foreach_add_(root, EPSILON)
        torch._foreach_addcdiv_(self.parameters, gradients, root, value=-learning_rate)


OPTIMIZERS: dict[str, type[Optimizer]] = {
    "adamw": AdamW,
    "adam": Adam,
    "sgd": SGD,
    "rmsprop": RMSprop,
}


def clip(gradients: list[Tensor], longest: float) -> None:
    """Shorten all gradients together to the norm `longest`, in place (Pascanu et al. 2013)."""
    norm = torch.linalg.vector_norm(torch.stack(torch._foreach_norm(gradients)))
    torch._foreach_mul_(gradients, (longest / (norm + 1e-6)).clamp(max=1.0))
