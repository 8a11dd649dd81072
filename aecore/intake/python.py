"""What a script has in its hands, kept among the own data sets that the app lists."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from aecore.intake.base import Taken
from aecore.intake.safe_text import safe_text
from aecore.samples import Column, Kind

if TYPE_CHECKING:
    from aecore.datasets.from_python import Given

OWNER = "owner"
"""Who owns all on a laptop, as catalog/people.py has it."""


def keep_python(
    samples: Any,
    title: str,
    labels: Any = None,
    *,
    kind: Kind | None = None,
    label: str | None = None,
    metadata: Sequence[str] = (),
    note: str = "",
) -> str:
    """Keep samples as an own data set of this machine's owner; its name, as `datasets` knows it.

    The app and the shell list it from then on; on a server for many people, the shell alone does,
    until its owner shares it.

    Args:
        samples: an array with `labels` and `kind` as for `from_array`, a pandas frame with `label`
            and `metadata` as for `from_frame`, a data set of pairs as for `from_torchvision`, or
            an `ImageData`, whose missing numbers have become means.

    Raises InputError where these cannot be samples, StoreError where the disk takes no more.
    """
    from aecore.intake.sandboxed import keep_taken  # slow to import; see __init__.py

    given = _given(samples, title, labels, kind, label, metadata)
    taken = Taken(
        given.kind, given.pool.images.numpy(), given.pool.labels.numpy(),
        tuple(map(safe_text, given.classes)), _named(given.columns), _beside(given),
        safe_text(given.label, otherwise=""),
    )  # fmt: skip
    return keep_taken(taken, title, OWNER, note)


def _given(
    samples: Any,
    title: str,
    labels: Any,
    kind: Kind | None,
    label: str | None,
    metadata: Sequence[str],
) -> Given:
    from aecore.datasets import ImageData, from_python

    if isinstance(samples, ImageData):
        return from_python.given_back(samples)
    if hasattr(samples, "columns"):
        return from_python.given_frame(samples, label, metadata, title)
    if isinstance(samples, list | tuple) or hasattr(samples, "shape"):
        return from_python.given_array(samples, labels, kind, title)
    return from_python.given_pairs(samples, title)


def _named(columns: tuple[Column, ...]) -> tuple[Column, ...]:
    """Without their scale, which each opening finds anew; all their names one line of text."""
    return tuple(
        Column(safe_text(each.name), each.kind, tuple(map(safe_text, each.values)))
        for each in columns
    )


def _beside(given: Given) -> tuple[tuple[Column, NDArray[np.float32]], ...]:
    values = (each.numpy() for each in given.pool.metadata.values())
    return tuple(zip(_named(given.metadata), values, strict=True))
