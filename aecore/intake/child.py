"""What the process with limits does of sandboxed.py: its entry points, quick to import."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from aecore.intake.base import intakes


def look_here(
    intake: str, paths: list[str], names: list[str], options: dict[str, Any]
) -> dict[str, Any]:
    """`Intake.look`, for JSON."""
    kind = intakes[intake]
    return kind(kind.Config.parse(options)).look([Path(path) for path in paths], names)


def take_here(
    intake: str,
    paths: list[str],
    names: list[str],
    options: dict[str, Any],
    folder: str,
    title: str,
    owner: str,
    note: str,
) -> None:
    """`Intake.take`, kept in a folder."""
    kind = intakes[intake]
    taken = kind(kind.Config.parse(options)).take([Path(path) for path in paths], names)
    from aecore.intake.sandboxed import keep  # slow to import, and not needed for a refusal

    keep(taken, Path(folder), title, owner, note)
