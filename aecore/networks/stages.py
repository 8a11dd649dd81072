"""One half of an autoencoder, cut into its layers, so that each can be trained by itself."""

from itertools import pairwise

from torch import nn


def stages(half: nn.Sequential) -> list[nn.Sequential]:
    """The layers with weights in order, each with what belongs to it: the half, cut in pieces.

    To a layer belong what follows it (norm, activation, pooling, dropout) and a Flatten or an
    Upsample right before it. The pieces share their modules with the half.
    """
    layers = list(half)
    weighing = [place for place, layer in enumerate(layers) if _weighs(layer)]
    before = (nn.Flatten, nn.Upsample)
    starts = [at - 1 if at and isinstance(layers[at - 1], before) else at for at in weighing]
    return [half[start:end] for start, end in pairwise([*starts, len(layers)])]


def _weighs(layer: nn.Module) -> bool:
    return any(parameter.dim() > 1 for parameter in layer.parameters())  # a norm has vectors only
