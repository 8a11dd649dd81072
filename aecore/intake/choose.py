"""Which intakes can read files, judged by how their names end, the likeliest first."""

from __future__ import annotations

from collections.abc import Sequence

from aecore.errors import InputError
from aecore.intake.base import intakes
from aecore.intake.safe_text import safe_text

FIRST = ("images", "arrays", "table", "series")
"""Of several that fit, which is taken unless somebody says otherwise."""


def suffixes() -> tuple[str, ...]:
    """All endings that some intake reads, with the dot."""
    return tuple(sorted({suffix for kind in intakes.values() for suffix in kind.suffixes}))


def fitting(names: Sequence[str]) -> tuple[str, ...]:
    """The names of the intakes that read files called so. Raises InputError where there is none."""
    found = [
        name
        for name, kind in intakes.items()
        if all(given.lower().endswith(kind.suffixes) for given in names)
    ]
    if not found:
        odd = next((n for n in names if not n.lower().endswith(suffixes())), names[0])
        raise InputError(
            f"{safe_text(odd)}: files of this kind cannot be read together; give one of "
            f"{', '.join(suffixes())}."
        )
    return tuple(sorted(found, key=lambda name: (FIRST.index(name) if name in FIRST else 9, name)))
