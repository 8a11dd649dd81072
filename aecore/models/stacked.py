"""The stacked autoencoder: trained one layer after the other, then as a whole.

Layer l learns min E || h_{l-1} - g_l(f_l(c(h_{l-1}))) ||² on the clean output h_{l-1} of the layers
below it, which stand still (Bengio et al. 2007); c masks a share of the input of this one layer
(Vincent et al. 2010). g_l is the decoder's layer at the same height. h_0 is the image itself, and
compared as the likelihood says. Then all layers are trained together, on the whole reconstruction;
only now the corruption of the run takes part.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from aecore.config import knob
from aecore.models.base import ByHand, ModelConfig, Terms, variants
from aecore.models.draws import uniform_like
from aecore.models.moment import Phase
from aecore.models.plain import Plain
from aecore.networks import Network
from aecore.networks.stages import stages


@variants.register("stacked")
class StackedAutoencoder(Plain):
    """Greedy layer-wise pretraining, then fine-tuning."""

    title = "Stacked autoencoder"
    idea = (
        "Trains one layer after the other, each to redraw what the layer below makes of an image, "
        "and then all of them together. That is how deep networks first learned at all."
    )
    paper = "Bengio et al., Greedy Layer-Wise Training of Deep Networks"
    year = 2007
    family = "classic"

    class Config(ModelConfig):
        pretraining: float = knob(
            0.5,
            "Share of all steps in which one layer after the other is trained; 0 leaves that out.",
            low=0,
            high=0.9,
        )
        layer_masking: float = knob(
            0.2,
            "Share of a layer's input that is set to zero at random while it is pretrained.",
            low=0,
            high=0.9,
        )

    config: Config

    def build(self, network: Network) -> None:
        super().build(network)
        mirrored = reversed(stages(self.decoder))
        self.layers: list[tuple[nn.Sequential, nn.Sequential]]
        self.layers = list(zip(stages(self.encoder), mirrored, strict=True))

    def phases(self) -> tuple[Phase, ...]:
        share, count = self.config.pretraining, len(self.layers)
        single = [Phase(f"layer {i + 1}", share * i / count) for i in range(count)]
        return (*single, Phase("fine-tuning", share))

    def enter(self, phase: int) -> None:
        self.requires_grad_(phase == len(self.layers))
        for half in self.layers[phase] if phase < len(self.layers) else ():
            half.requires_grad_()

    def loss(self, x: Tensor, target: Tensor) -> Terms:
        phase = self.phase(self.moment.progress)
        if phase == len(self.layers):
            return {"reconstruction": self.reconstruction(self.decode_raw(self.encode(x)), target)}
        return {self.phases()[phase].title: self._loss_of_layer(phase, target)}

    def by_hand(self, x: Tensor, target: Tensor) -> ByHand | None:
        tuning = self.phase(self.moment.progress) == len(self.layers)
        return self.copy_by_hand(x, target) if tuning else None

    def _loss_of_layer(self, place: int, target: Tensor) -> Tensor:
        encode, decode = self.layers[place]
        clean = self._below(place, target)
        kept = uniform_like(clean) >= self.config.layer_masking
        made = decode(encode(clean * kept))
        if place == 0:
            return self.reconstruction(made + self.offset, target)
        return (made - clean).square().sum() / len(target)

    @torch.no_grad()
    def _below(self, place: int, target: Tensor) -> Tensor:
        """The clean input of a layer; dropout and batch norm below it stand still as well."""
        h = target - self.mean
        for encode, _ in self.layers[:place]:
            h = encode.eval()(h)
            encode.train(self.training)
        return h
