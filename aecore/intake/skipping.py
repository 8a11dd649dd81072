"""What is left out of an upload, why and how often; an upload that is mostly such is refused."""

from __future__ import annotations

from collections import Counter

from aecore.errors import InputError
from aecore.intake.safe_text import safe_text

NAMED = 5
"""How many of the files that were left out are told by name."""


class Skipped(Exception):  # noqa: N818
    """One file cannot be used; its text is the reason, such as "damaged or cut off"."""


class Tally:
    """Counts what is left out of `total` files.

    reasons: how often each reason was met; first: names and reasons of the first few.
    """

    def __init__(self, total: int) -> None:
        self.total = total
        self.reasons: Counter[str] = Counter()
        self.first: list[tuple[str, str]] = []

    def add(self, name: str, reason: object) -> None:
        """Note one. Raises InputError as soon as more than half of all files are such."""
        self.reasons[str(reason)] += 1
        if len(self.first) < NAMED:
            self.first.append((safe_text(name), str(reason)))
        if 2 * self.reasons.total() > self.total:
            raise InputError(self._refusal())

    def sentence(self) -> str:
        """What was left out, for a person; empty where nothing was."""
        count = self.reasons.total()
        return f"{count:,} of {self.total:,} files skipped: {self._listed()}." if count else ""

    def _listed(self) -> str:
        return ", ".join(f"{count:,} {reason}" for reason, count in self.reasons.most_common())

    def _refusal(self) -> str:
        name, reason = self.first[0]
        if self.total == 1:
            return f"{name} is {reason}; give PNG, JPEG, WebP, BMP or GIF images."
        return (
            f"More than half of the {self.total:,} files cannot be used ({self._listed()} so far; "
            f"the first is {name}); give PNG, JPEG, WebP, BMP or GIF images, in one folder for "
            "each class if there are classes."
        )
