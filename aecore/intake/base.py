"""What an intake is: a reader of files that strangers made, which turns them into samples.

One file of this folder each, registered by name. Both `look` and `take` run in a process of their
own with limits (see sandboxed.py), never in the server: whatever a file does to them, the app goes
on. What they raise on purpose is InputError, one sentence that says what to do. They make arrays of
NumPy: torch takes seconds to import and most of the memory of such a process, and reads no file.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

from numpy.typing import NDArray

from aecore.config import Settings
from aecore.registry import Registry
from aecore.samples import Column, Kind


@dataclass(frozen=True)
class Taken:
    """Samples, ready to be kept as an own data set.

    samples: (n, C, H, W) uint8 for images, else float32 in units of the file, NaN where a number
    is missing; labels: (n,) int64, indices into `classes`, of which there is at least one; columns:
    what the numbers of a sample are, where it is no image; metadata: what else is known of each
    sample, (n,) float32 each, NaN where missing, a category as the place of its value; label: what
    the classes are called; rules: what was done to the file's content, in whole sentences that a
    person reads; skipped: what was left out, by the reason, and how often.
    """

    kind: Kind
    samples: NDArray[Any]
    labels: NDArray[Any]
    classes: tuple[str, ...]
    columns: tuple[Column, ...] = ()
    metadata: tuple[tuple[Column, NDArray[Any]], ...] = ()
    label: str = ""
    rules: tuple[str, ...] = ()
    skipped: Mapping[str, int] = field(default_factory=dict)


class Intake(ABC):
    """Reads one family of files. `title` and `idea` are shown to people."""

    name: ClassVar[str]
    title: ClassVar[str]
    idea: ClassVar[str]
    suffixes: ClassVar[tuple[str, ...]]
    """How the names of its files end, lower case, with the dot."""

    class Config(Settings):
        """How files are to be read; every knob has a default that suits most."""

    def __init__(self, config: Settings) -> None:
        self.config = config

    @abstractmethod
    def look(self, paths: list[Path], names: list[str]) -> dict[str, Any]:
        """What the files hold, quickly, without taking them in.

        Args:
            paths: files on this machine, with names that we gave.
            names: what their owner called them, in the same order: never used as paths.

        Returns plain values for JSON: "summary" (sentences), "count" (samples, 0 where unknown),
        "previews" (up to 8 samples as they would be taken in: base64 of PNG files), and what else
        this intake's form needs, such as "columns".

        Raises InputError.
        """

    @abstractmethod
    def take(self, paths: list[Path], names: list[str]) -> Taken:
        """All samples. Arguments as for `look`. Raises InputError."""


intakes: Registry[type[Intake]] = Registry("intake")
