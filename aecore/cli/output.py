"""How the command line speaks: lines, tables and strict JSON."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from math import isfinite
from pathlib import Path
from typing import Any

from aecore.errors import StoreError

GAP = "  "


def say(text: str) -> None:
    """One line on standard output, at once."""
    print(text, flush=True)  # noqa: T201


def complain(error: object, status: int) -> int:
    """One sentence on standard error, whatever was in it; returns the exit status given."""
    print(" ".join(str(error).split()), file=sys.stderr, flush=True)  # noqa: T201
    return status


def say_json(value: Any) -> None:
    """One line of strict JSON: what is not finite becomes null."""
    say(json.dumps(strict(value), allow_nan=False))


def strict(value: Any) -> Any:
    """The same value without NaN and infinity, which JSON does not have."""
    if isinstance(value, float):
        return value if isfinite(value) else None
    if isinstance(value, Mapping):
        return {str(key): strict(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [strict(inner) for inner in value]
    return value


def say_table(titles: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Columns under their titles, aligned on the left."""
    cells = [list(titles), *([str(cell) for cell in row] for row in rows)]
    widths = [max(len(row[column]) for row in cells) for column in range(len(titles))]
    for row in cells:
        padded = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        say(GAP.join(padded).rstrip())


def write_over(line: str) -> None:
    """One line on standard error in place of the last, for who waits at a terminal."""
    sys.stderr.write(f"\r\x1b[K{line}")
    sys.stderr.flush()


def write_text(name: str, text: str) -> None:
    """Put text into a file of the person's own. Raises StoreError where that cannot be."""
    try:
        Path(name).write_text(text, newline="")
    except OSError as error:
        raise StoreError(f"Could not write {name}: {error.strerror}.") from error
