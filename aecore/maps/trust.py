"""Where a map lies: trustworthiness and continuity of each image that it shows."""

from __future__ import annotations

import numpy as np

from aecore.maps.draw import Drawn
from aecore.maps.measures import Ground, K
from aecore.metrics.pointwise import Pointwise, pointwise

MOST_TRUSTED = 10_000
"""Held-out images, the first of the test split, that are compared with each other."""


def trust(ground: Ground, drawn: Drawn) -> Pointwise:
    """Of the first held-out images, against their pixels, with K neighbours; of too few, NaN."""
    count = min(len(ground.pixels), MOST_TRUSTED)
    if count <= 2 * K:
        nothing = np.full(count, np.nan)
        return Pointwise(nothing, nothing)
    return pointwise(ground.pixels[:count], drawn.held_out[:count], K)
