"""Halving a picture several times, and the layer that undoes it for odd sizes too."""

from torch import nn

Size = tuple[int, int]
"""(height, width) in pixels."""


def halvings(size: Size, times: int) -> list[Size]:
    """A size, and what is left of it after each halving, rounded up: times + 1 sizes."""
    sizes = [size]
    for _ in range(times):
        height, width = sizes[-1]
        sizes.append(((height + 1) // 2, (width + 1) // 2))
    return sizes


def doubling(fan_in: int, fan_out: int, size: Size) -> nn.ConvTranspose2d:
    """A 3×3 transposed convolution of step two, from half of `size`, rounded up, to `size`."""
    even = (1 - size[0] % 2, 1 - size[1] % 2)
    return nn.ConvTranspose2d(fan_in, fan_out, 3, 2, padding=1, output_padding=even)
