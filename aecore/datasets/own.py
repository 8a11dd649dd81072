"""People's own data sets: folders that an intake has filled, each opened by its name.

<home>/datasets/<id>/
    about.json            what it is: `About`
    samples.safetensors   samples (n, C, H, W) uint8 or float32, labels (n,) int64, and metadata:
                          "metadata.0", "metadata.1", … (n,) float32, in the order of `About`

The name in a spec is "own-" and the id. What stands in such a folder never changes; deleting the
folder deletes the data set, and runs that were trained on it say so.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

import torch
from safetensors import SafetensorError, safe_open

from aecore.config import Settings, knob
from aecore.datasets.base import DataSource, datasets
from aecore.datasets.splits import HELD_OUT_SHARE, Pool
from aecore.errors import DataUnavailable, InputError, NewerVersion, UnknownName
from aecore.paths import home
from aecore.samples import Column, Kind

PREFIX = "own-"
ID = re.compile(r"[0123456789abcdefghjkmnpqrstvwxyz]{20}")
ABOUT = "about.json"
SAMPLES = "samples.safetensors"
SCHEMA = 1


@dataclass(frozen=True)
class About:
    """What is known of an own data set before its samples are read.

    shape: (C, H, W) of a sample; complete: how many samples miss no number; columns: what the
    numbers of a sample are, where it is no image; metadata: the columns that are known of each
    sample and are no part of it; label: what the classes are called, such as the column that they
    came from; rules: how it was made from what was given, in whole sentences; skipped: what was
    left out, with the reason and how often; suggested: settings that suit it, by flat name.
    """

    title: str
    kind: Kind
    shape: tuple[int, int, int]
    count: int
    complete: int
    classes: tuple[str, ...]
    columns: tuple[Column, ...] = ()
    metadata: tuple[Column, ...] = ()
    label: str = ""
    note: str = ""
    rules: tuple[str, ...] = ()
    skipped: Mapping[str, int] = field(default_factory=dict)
    suggested: Mapping[str, Any] = field(default_factory=dict)
    owner: str = ""
    created: float = 0.0
    bytes: int = 0
    schema: int = SCHEMA

    def to_json(self) -> dict[str, Any]:
        """Plain values for `about.json`."""
        return asdict(self)

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> About:
        """What `to_json` wrote. Raises InputError, or NewerVersion."""
        try:
            if values["schema"] > SCHEMA:
                raise NewerVersion("This data set was made by a newer version; open it with that.")
            known = {name.name for name in fields(cls)}
            plain = {name: value for name, value in values.items() if name in known}
            for name in ("columns", "metadata"):
                plain[name] = tuple(_column(each) for each in plain.get(name, ()))
            for name in ("shape", "classes", "rules"):
                plain[name] = tuple(plain.get(name, ()))
            return cls(**plain)
        except (KeyError, TypeError, ValueError) as error:
            if isinstance(error, InputError):
                raise
            raise InputError(f"The data set's {ABOUT} cannot be read: {error}.") from error


def _column(values: Mapping[str, Any]) -> Column:
    return Column(**{**values, "values": tuple(values["values"])})


class OwnSource(DataSource):
    """Abstract: one own data set; `datasets["own-<id>"]` makes its class."""

    about: About
    folder: Path

    @property
    def shape(self) -> tuple[int, int, int]:
        return self.about.shape

    @property
    def classes(self) -> tuple[str, ...]:
        return self.about.classes

    @property
    def columns(self) -> tuple[Column, ...]:
        return self.about.columns

    @property
    def metadata(self) -> tuple[Column, ...]:
        return self.about.metadata

    @property
    def train_size(self) -> int:
        count = self._count()
        return count - 2 * round(HELD_OUT_SHARE * count)

    def _count(self) -> int:
        return self.about.count

    def read(self) -> Pool:
        """All samples. Raises DataUnavailable where the file is gone or damaged."""
        found = self._tensors()
        metadata = {
            column.name: found[f"metadata.{place}"]
            for place, column in enumerate(self.about.metadata)
        }
        return Pool(found["samples"], found["labels"], None, {}, metadata)

    def _tensors(self) -> dict[str, torch.Tensor]:
        path = self.folder / SAMPLES
        try:
            with safe_open(path, "pt") as file:
                found = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        except (OSError, SafetensorError, ValueError) as error:
            raise DataUnavailable(
                f"The data set {self.title!r} cannot be read: its file is gone or damaged. "
                "Take the data in again."
            ) from error
        count = self.about.count
        if found["samples"].shape != (count, *self.shape) or len(found["labels"]) != count:
            raise DataUnavailable(
                f"The data set {self.title!r} is damaged; take the data in again."
            )
        return found


class OwnTable(OwnSource):
    """Abstract: the same for samples with columns, whose numbers can be missing."""

    class Config(Settings):
        missing: Literal["mean", "drop"] = knob(
            "mean",
            "What becomes of missing numbers: the mean of their column over the training rows "
            "takes their place, or every row that misses one is dropped.",
            label="Missing values",
        )

    config: Config

    def _count(self) -> int:
        return self.about.complete if self.config.missing == "drop" else self.about.count

    def read(self) -> Pool:
        pool = super().read()
        if self.config.missing == "mean":
            return pool
        kept = ~pool.images.flatten(1).isnan().any(1)
        metadata = {name: values[kept] for name, values in pool.metadata.items()}
        return Pool(pool.images[kept], pool.labels[kept], None, {}, metadata)


def folder_of(name: str) -> Path:
    """The folder of an own data set by its name, "own-" and its id. Raises UnknownName."""
    number = name.removeprefix(PREFIX)
    if not name.startswith(PREFIX) or not ID.fullmatch(number):
        raise UnknownName("data set", name, ())
    return home() / "datasets" / number


def own(name: str) -> type[OwnSource]:
    """The class of an own data set. Raises UnknownName where there is none, or not any more."""
    folder = folder_of(name)
    try:
        at = (folder / ABOUT).stat().st_mtime_ns
    except OSError:
        raise UnknownName("data set", name, ()) from None
    return _class(name, folder, at)


@lru_cache(maxsize=256)
def _class(name: str, folder: Path, at: int) -> type[OwnSource]:  # noqa: ARG001  the time is a key
    try:
        about = About.from_json(json.loads((folder / ABOUT).read_bytes()))
    except (OSError, ValueError) as error:
        raise UnknownName("data set", name, ()) from error
    base = OwnSource if about.kind == "image" else OwnTable
    return type(
        "Own",
        (base,),
        {
            "name": name,
            "title": about.title,
            "summary": about.note or f"Your own data set of {about.count:,} samples.",
            "licence": "yours: nobody else sees it unless you share it",
            "kind": about.kind,
            "suggested": dict(about.suggested),
            "about": about,
            "folder": folder,
        },
    )


datasets.family(PREFIX, own)
