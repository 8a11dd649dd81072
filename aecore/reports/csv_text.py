"""Tables as CSV that a spreadsheet may open: no text in them is taken for a formula."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from io import StringIO
from typing import Any

FORMULAS = ("=", "+", "-", "@", "\t", "\r")
"""How cells begin that a spreadsheet evaluates (OWASP, CSV injection)."""


def harmless(cell: Any) -> Any:
    """The same cell; a text that begins like a formula with an apostrophe before it."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(FORMULAS) else cell


def csv_text(titles: Sequence[str], rows: Iterable[Iterable[Any]]) -> str:
    """Titles in the first line, then the rows; numbers stay as they are, below 0 as well."""
    text = StringIO()
    table = csv.writer(text)
    table.writerow([harmless(title) for title in titles])
    table.writerows([harmless(cell) for cell in row] for row in rows)
    return text.getvalue()
