"""`about.json`: what people say about a run, kept in its folder beside what decides it."""

from __future__ import annotations

import json
import unicodedata
from dataclasses import asdict, dataclass, fields
from typing import TYPE_CHECKING, Any

from aecore.runs.files import json_bytes, write

if TYPE_CHECKING:
    from aecore.runs.store import Run

FILE = "about.json"
NAME, NOTE, TAG, TAGS, LINE = 80, 2000, 30, 10, 300
"""The most characters of a name, a note, a tag; the most tags; the most of any other line."""
INVISIBLE = {
    *"\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069",
    *"\u2028\u2029\ufeff\ufff9\ufffa\ufffb",
}
"""Characters that turn the direction of writing, break lines or mark bytes."""


def clean_text(text: str, limit: int, *, lines: bool = False) -> str:
    """Text of a person made fit to be shown: NFC, no control or bidi characters, cut to a limit.

    Args:
        limit: the most characters that stay.
        lines: whether line breaks stay; elsewhere every run of white space is one blank.
    """
    text = unicodedata.normalize("NFC", text[: 4 * limit])  # cut first: a stranger's may be huge
    text = text.replace("\r\n", "\n")
    kept = "".join(_kept(letter, lines) for letter in text)
    return (kept.strip() if lines else " ".join(kept.split()))[:limit].rstrip()


def _kept(letter: str, lines: bool) -> str:
    if letter.isspace() and letter not in INVISIBLE:
        return letter if lines and letter == "\n" else " "
    hidden = letter in INVISIBLE or unicodedata.category(letter) in ("Cc", "Cs")
    return "" if hidden else letter


@dataclass(frozen=True)
class About:
    """What people say about a run; whatever is put in comes out cleaned.

    owner: whose it is; provenance: for an imported run, where from, as plain text.
    """

    name: str = ""
    note: str = ""
    tags: tuple[str, ...] = ()
    owner: str = ""
    demo: bool = False
    provenance: str = ""

    def __post_init__(self) -> None:
        tags = dict.fromkeys(clean_text(tag, TAG) for tag in self.tags)
        tags.pop("", None)
        cleaned = {
            "name": clean_text(self.name, NAME),
            "note": clean_text(self.note, NOTE, lines=True),
            "tags": tuple(tags)[:TAGS],
            "owner": clean_text(self.owner, LINE),
            "provenance": clean_text(self.provenance, LINE),
        }
        for name, value in cleaned.items():
            object.__setattr__(self, name, value)


def read_about(run: Run) -> About:
    """What people said about a run; the defaults where nothing readable is there."""
    try:
        values = json.loads((run.folder / FILE).read_bytes())
        return About(**_typed(values))
    except (OSError, ValueError, TypeError, AttributeError, RecursionError):
        return About()


def _typed(values: dict[str, Any]) -> dict[str, Any]:
    """The values that have the type of their field; the others keep their defaults."""
    found: dict[str, Any] = {
        field.name: values[field.name]
        for field in fields(About)
        if isinstance(values.get(field.name), type(field.default))
    }
    tags = values.get("tags")
    if isinstance(tags, list):
        found["tags"] = tuple(tag for tag in tags if isinstance(tag, str))
    return found


def write_about(run: Run, about: About) -> None:
    """Keep what people say about a run. Raises StoreError; what was there before stays."""
    write(run.folder / FILE, about_bytes(about), durable=False)


def about_bytes(about: About) -> bytes:
    """The content of the file."""
    return json_bytes(asdict(about))
