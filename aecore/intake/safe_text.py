"""The one way for names that strangers chose into pages, charts and files."""

from __future__ import annotations

import unicodedata

LONGEST = 80
HIDDEN = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
"""Unicode categories without a shape of their own: controls, bidirectional marks, halves of
pairs, private and unassigned characters, separators of lines."""


def safe_text(text: object, longest: int = LONGEST, otherwise: str = "unnamed") -> str:
    """A name as plain text of one line: composed (NFC), without what cannot be seen, cut.

    It is not escaped: that is for the place where it stands (Markdown, HTML, a chart) to do.

    Args:
        otherwise: what it is called where nothing is left.
    """
    composed = unicodedata.normalize("NFC", str(text)[: 8 * longest])
    seen = "".join(" " if c.isspace() else c for c in composed)
    kept = "".join(c for c in seen if unicodedata.category(c) not in HIDDEN)
    line = " ".join(kept.split())
    cut = line if len(line) <= longest else line[: longest - 1].rstrip() + "…"
    return cut or otherwise
