"""What the process with limits does of sandboxed.py: its entry points. No torch: it takes
seconds to import and hundreds of megabytes, and files are read without it."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import numpy as np

from aecore.intake.base import intakes
from aecore.intake.fitting import fitted
from aecore.intake.keeping import write_samples
from aecore.intake.picture import read_picture
from aecore.intake.skipping import Skipped


def look_here(
    intake: str, paths: list[str], names: list[str], options: dict[str, Any]
) -> dict[str, Any]:
    """`Intake.look`, for JSON."""
    kind = intakes[intake]
    return kind(kind.Config.parse(options)).look([Path(path) for path in paths], names)


def take_here(
    intake: str, paths: list[str], names: list[str], options: dict[str, Any], target: str
) -> dict[str, Any]:
    """`Intake.take`, written into a file; what is known of the samples, for JSON."""
    kind = intakes[intake]
    taken = kind(kind.Config.parse(options)).take([Path(path) for path in paths], names)
    return write_samples(taken, Path(target))


def images_here(paths: list[str], shape: list[int]) -> list[dict[str, str]]:
    """Files as images of one shape (C, H, W), for JSON: `image` in base64, or else a `reason`.

    Stretched to it, and what is transparent laid over black.
    """
    channels, height, width = shape
    told = []
    for path in paths:
        try:
            read = read_picture(Path(path).read_bytes(), "black").image
        except Skipped as skipped:
            told.append({"reason": str(skipped)})
            continue
        image = fitted(read.convert("L" if channels == 1 else "RGB"), (height, width), "stretch",
                       "black")  # fmt: skip
        pixels = np.array(image).reshape(height, width, channels).transpose(2, 0, 1)
        told.append({"image": base64.b64encode(pixels.tobytes()).decode()})
    return told
