"""Loss terms of a batch and the gradients of their sum: by hand where it can be, or by autograd."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext

import torch
from torch import Generator, Tensor

from aecore.models import Autoencoder, Terms
from aecore.models.base import ByHand
from aecore.models.draws import Part, drawing_for
from aecore.training.batches import OWN, stream
from aecore.training.config import TrainConfig
from aecore.training.devices import precision, random_state, set_random_state
from aecore.training.parallel import Parallel


class Gradients:
    """Call it with a batch; the model must be in training mode."""

    def __init__(
        self, model: Autoencoder, config: TrainConfig, device: torch.device, parallel: Parallel
    ) -> None:
        self.model = model
        self.config = config
        self.device = device
        self.parallel = parallel
        everything = list(model.parameters())
        self.parameters: list[Tensor] = [p for p in everything if p.requires_grad]
        # What is written by hand knows one precision, and no frozen layers.
        whole = len(self.parameters) == len(everything)
        exact = isinstance(precision(config, device), nullcontext)
        self._hands_allowed = whole and exact and device.type == "cpu"

    def __call__(self, x: Tensor, target: Tensor, step: int) -> ByHand:
        """Named terms, and a gradient for each of `parameters`, over the whole batch.

        Every process passes the whole batch and works on its rows of it. Raises ProcessLost.
        """
        if self.parallel.alone:
            return self._of(x, target)
        rows = self.parallel.rows(len(x))
        self.model.moment = self.model.moment.part(rows)
        with self._draws(rows, len(x), step):
            terms, gradients = self._of(x[rows], target[rows])
        return self._together(terms, gradients, (rows.stop - rows.start) / len(x))

    def _of(self, x: Tensor, target: Tensor) -> ByHand:
        found = self.model.by_hand(x, target) if self._hands_allowed else None
        return found or self._by_autograd(x, target)

    def _by_autograd(self, x: Tensor, target: Tensor) -> ByHand:
        with precision(self.config, self.device):
            terms = self.model.loss(x, target)
            first, *others = terms.values()
            total = sum(others, first)
        gradients = torch.autograd.grad(total, self.parameters)
        return terms, list(map(_laid_out, self.parameters, gradients))

    @contextmanager
    def _draws(self, rows: slice, total: int, step: int) -> Iterator[None]:
        """Draw alike in all processes what belongs to images; anything else (dropout) apart.

        What is drawn apart depends on seed, step and rank only, so outside of this every process
        has the same random state, and the first one's checkpoint is enough for all.
        """
        kind, before = self.device.type, random_state(self.device)
        whole = Generator(self.device)
        whole.set_state(before[kind])
        index = step * self.parallel.size + self.parallel.rank
        torch.manual_seed(stream(self.config.seed, OWN, index))
        with drawing_for(Part(rows, total, whole)):
            yield
        set_random_state(self.device, {**before, kind: whole.get_state()})

    @torch.no_grad()
    def _together(self, terms: Terms, gradients: list[Tensor], weight: float) -> ByHand:
        """Means over the batch from the means over the rows of each process, in one exchange."""
        values = torch.stack(list(terms.values())).float()
        flat = torch.cat([values, *(gradient.reshape(-1) for gradient in gradients)]).mul_(weight)
        self.parallel.add_up(flat)
        values, *parts = flat.split([len(terms), *(p.numel() for p in self.parameters)])
        shaped = [part.view(p.shape) for p, part in zip(self.parameters, parts, strict=True)]
        whole = list(map(_laid_out, self.parameters, shaped))
        return dict(zip(terms, values, strict=True)), whole


def _laid_out(parameter: Tensor, gradient: Tensor) -> Tensor:
    """The gradient in its parameter's memory layout, as the fused optimisers take for granted.

    Autograd gives it another one where convolutions are differentiated twice.
    """
    same = gradient.stride() == parameter.stride()
    return gradient if same else torch.empty_like(parameter).copy_(gradient)
