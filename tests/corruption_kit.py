"""What the tests of corruptions share."""

import torch

from aecore.corruptions import corruptions


def make(name, **settings):
    kind = corruptions[name]
    return kind(kind.Config(**settings))


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def grey(value, pixels=100_000):
    """`pixels` grey pixels of one value as a batch of images."""
    return torch.full((10, 1, 100, pixels // 1000), value)


def near(estimate, expected, standard_error):
    return abs(float(estimate) - expected) < 3 * standard_error
