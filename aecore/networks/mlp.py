"""Fully connected layers that halve in width towards the code."""

from itertools import pairwise
from math import prod

from torch import nn

from aecore.networks.base import HiddenNetwork, networks
from aecore.networks.chain import Chain


@networks.register("mlp")
class MLP(HiddenNetwork):
    """Every pixel is joined to every hidden number; the picture's geometry is not used."""

    title = "Fully connected (MLP)"
    idea = "Joins every pixel to every hidden number. Quick, and best for small images."

    def encoder(self, out_features: int) -> nn.Sequential:
        sizes = [prod(self.shape), *self._hidden()]
        return Chain(nn.Flatten(), *self._layers(sizes), nn.Linear(sizes[-1], out_features))

    def decoder(self, in_features: int) -> nn.Sequential:
        sizes = [in_features, *reversed(self._hidden())]
        last = nn.Linear(sizes[-1], prod(self.shape))
        return Chain(*self._layers(sizes), last, nn.Unflatten(1, self.shape))

    def _hidden(self) -> list[int]:
        return [max(4, self.config.width >> level) for level in range(self.config.depth)]

    def _layers(self, sizes: list[int]) -> list[nn.Module]:
        layers: list[nn.Module] = []
        for fan_in, fan_out in pairwise(sizes):
            layers.append(nn.Linear(fan_in, fan_out))
            if self.config.batch_norm:
                layers.append(nn.BatchNorm1d(fan_out))
            layers.append(self.activation())
            if self.config.dropout:
                layers.append(nn.Dropout(self.config.dropout))
        return layers
