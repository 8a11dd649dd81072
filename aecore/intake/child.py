"""What the process with limits does of sandboxed.py: its entry points. No torch: it takes
seconds to import and hundreds of megabytes, and files are read without it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from aecore.intake.base import intakes
from aecore.intake.keeping import write_samples


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
