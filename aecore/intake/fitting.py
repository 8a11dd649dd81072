"""Which size images of many sizes are brought to, and how."""

from __future__ import annotations

from collections import Counter
from typing import Literal

from PIL import Image

from aecore.errors import InputError

Size = tuple[int, int]
"""(height, width)."""
Fit = Literal["pad", "crop", "stretch"]
USUAL_SIDE = 64
SMALLEST_SIDE = 8
MOST_NUMBERS = 500_000_000
"""Numbers of all images together: they stay in memory while a model trains."""
FILTER = Image.Resampling.BILINEAR
HOW: dict[Fit, str] = {
    "pad": "in their proportions, with {background} around them",
    "crop": "in their proportions, with what stands out at the sides cut off",
    "stretch": "stretched where their proportions differ",
}


def target(sizes: Counter[Size], side: int) -> Size:
    """The size that all are brought to.

    A side of 0 chooses: the most frequent size where both its sides have 8 to 64 pixels (of
    several such the smallest), else 64×64.
    """
    if side:
        return side, side
    if not sizes:
        return USUAL_SIDE, USUAL_SIDE
    frequent = max(sorted(sizes), key=lambda size: sizes[size])
    fits = all(SMALLEST_SIDE <= length <= USUAL_SIDE for length in frequent)
    return frequent if fits else (USUAL_SIDE, USUAL_SIDE)


def stated(sizes: Counter[Size], size: Size, side: int, fit: Fit, background: str) -> str:
    """The rule of `target` and `fitted` in a sentence."""
    shown = written(size)
    if set(sizes) == {size}:
        return f"All images have {shown} pixels and were kept as they are."
    if side:
        why = ", as chosen"
    elif size in sizes and sizes[size] == max(sizes.values()):
        why = f", the most frequent size ({sizes[size]:,} of {sizes.total():,})"
    else:
        why = f", since the most frequent size is not within {SMALLEST_SIDE} to {USUAL_SIDE} pixels"
    return f"Images were brought to {shown} pixels{why}, {HOW[fit].format(background=background)}."


def written(size: Size) -> str:
    """A size as people write it, the width first."""
    return f"{size[1]}×{size[0]}"


def check_total(count: int, channels: int, size: Size) -> None:
    """Raises InputError where all images together would not fit into memory."""
    numbers = count * channels * size[0] * size[1]
    if numbers > MOST_NUMBERS:
        raise InputError(
            f"{count:,} images of {written(size)} pixels and {channels} channels are {numbers:,} "
            f"numbers, more than the {MOST_NUMBERS:,} that fit into memory; choose a smaller side "
            "or give fewer images."
        )


def fitted(image: Image.Image, size: Size, fit: Fit, background: str) -> Image.Image:
    """An image of mode L or RGB at a size. Of that size already it keeps every pixel.

    Scaling averages over what each new pixel covers (a triangle filter, antialiased). "pad" scales
    until all of it fits, and centres it; "crop" until it covers all, and cuts the middle.
    """
    height, width = size
    if image.size == (width, height):
        return image
    if fit == "stretch":
        return image.resize((width, height), FILTER)
    if fit == "crop":
        # Cut before scaling: a line of 1×10,000 pixels would grow to millions.
        scale = max(width / image.width, height / image.height)
        wide, high = min(image.width, width / scale), min(image.height, height / scale)
        left, top = (image.width - wide) // 2, (image.height - high) // 2
        return image.resize((width, height), FILTER, (left, top, left + wide, top + high))
    scale = min(width / image.width, height / image.height)
    inner = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
    canvas = Image.new(image.mode, (width, height), background)
    place = ((width - inner[0]) // 2, (height - inner[1]) // 2)
    canvas.paste(image.resize(inner, FILTER), place)
    return canvas
