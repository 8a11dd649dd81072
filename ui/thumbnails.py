"""A run at a glance: a few reconstructions of its newest snapshot as one small picture."""

from __future__ import annotations

from io import BytesIO

from PIL import Image

from aecore.errors import AecoreError
from aecore.runs import Run
from aecore.runs.files import unpack
from ui.figures import strip

SHOWN, CELL, GAP = 4, 28, 3


def newest(run: Run) -> str:
    """The file name of a run's newest snapshot; nothing while there is none."""
    return max((path.name for path in run.snapshots.glob("step-*.safetensors")), default="")


def thumbnail(run: Run, snapshot: str) -> bytes:
    """The first reconstructions of a snapshot as a PNG; nothing where it cannot be read."""
    try:
        images = unpack((run.snapshots / snapshot).read_bytes(), snapshot)["reconstructions"]
        picture = strip(images[:SHOWN], SHOWN, CELL, GAP)
    except (OSError, KeyError, AecoreError):
        return b""
    png = BytesIO()
    Image.fromarray(picture).save(png, "PNG")
    return png.getvalue()
