"""Samples as PNG files in base64, for who looks at files before they are taken in."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from io import BytesIO

import numpy as np

from aecore.glyphs import Floats, Pixels, glyphs
from aecore.samples import Column, Kind, places, scale_of

SHOWN = 8


def previews(samples: Floats, kind: Kind, columns: Sequence[Column]) -> list[str]:
    """The first of these tables' rows or series (n, C, H, W) as PNG files in base64, on the scale
    of all that are given."""
    return [_png(picture) for picture in glyphs(_scaled(samples, kind, columns), kind, columns)]


def _scaled(samples: Floats, kind: Kind, columns: Sequence[Column]) -> Floats:
    """The first samples as datasets/scaling.py brings them to their scale, which needs torch."""
    shown = samples[:SHOWN].copy()
    for column, (start, _) in zip(columns, places(tuple(columns)), strict=True):
        if column.kind == "category":
            continue
        # A channel of a series takes one number of `places`, too.
        at = (slice(None), start) if kind == "series" else (slice(None), 0, 0, start)
        values = samples[at].astype(np.float64)
        known = values[~np.isnan(values)]
        if len(known):
            mean = float(known.mean())
            shown[at] = (shown[at] - mean) / scale_of(float(known.std()), mean)
    return shown


def _png(picture: Pixels) -> str:
    """(1, H, W) as a grey PNG."""
    from PIL import Image

    file = BytesIO()
    Image.fromarray(picture[0]).save(file, "PNG")
    return base64.b64encode(file.getvalue()).decode("ascii")
