"""NumPy arrays: images or vectors, with labels, in an .npz or in .npy files."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from aecore.config import Settings, knob
from aecore.errors import InputError
from aecore.glyphs import WIDEST
from aecore.intake.array_choice import labels_of, samples_of
from aecore.intake.array_columns import columns_of
from aecore.intake.array_images import ChannelAxis, scale_of, to_bytes, with_channels
from aecore.intake.array_labels import Labelled, classes_of
from aecore.intake.base import Intake, Taken, intakes
from aecore.intake.fitting import check_total
from aecore.intake.gathering import ALL
from aecore.intake.held_arrays import Held, held_arrays
from aecore.intake.npy import Array
from aecore.intake.previews import previews
from aecore.intake.reading import encoded, spread
from aecore.samples import Column

MOST_COLUMNS = 10_000
MOST_VALUES = 125_000_000
"""Numbers of all vectors together, 4 bytes each in memory while a model trains."""
VECTORS = "The array was read as vectors, one a row; their columns are called x1, x2 and so on."
PREVIEWS = 8
SHOWN_COLUMNS = 20
LOOKED_AT = 2000
"""Vectors of which previews take their scale."""


@dataclass(frozen=True)
class Read:
    """What arrays hold. samples: (n, C, H, W) uint8 images or (n, d) float32 vectors; numbers:
    labels that are no classes, (n,) float32; names: of a vector's numbers."""

    samples: Array
    rules: list[str]
    names: tuple[str, ...] = ()
    labelled: Labelled | None = None
    label: str = ""
    numbers: Array | None = None


@intakes.register("arrays")
class Arrays(Intake):
    """Three or four axes are images, two are vectors; the first counts the samples."""

    title = "NumPy arrays"
    idea = "Images or vectors as .npy or .npz, with their labels: numbers and words, no objects."
    suffixes = (".npy", ".npz")

    class Config(Settings):
        """Which arrays of a file are meant."""

        samples: str = knob(
            "",
            "Name of the array of samples; empty takes one called images, x or data, else the "
            "largest.",
        )
        labels: str = knob(
            "",
            "Name of the array of labels; empty takes one called labels, y or targets if there is "
            "one; none takes none.",
        )
        channel_axis: ChannelAxis = knob(
            "auto",
            "Where arrays of four axes have their channels; auto takes the second axis if it has "
            "1 or 3 entries, else the last.",
        )
        label: str = knob(
            "", "Of an array of rows the column, x1 or x2 and so on, that holds their labels.",
            label="Label column",
        )  # fmt: skip
        leave_out: str = knob(
            "", "Of an array of rows the columns that are not taken in, such as x1, x3."
        )

    config: Config

    def look(self, paths: list[Path], names: list[str]) -> dict[str, Any]:
        """Beside the usual: "arrays" (name, shape, type of each), "shape" of a sample, "rules",
        "classes" with their counts; of vectors "columns" and "rows", the first few of each."""
        with held_arrays(paths, names) as arrays:
            read = self._read(arrays)
            listed = [[held.name, list(held.shape), str(held.header.dtype)]
                      for held in arrays.values()]  # fmt: skip
        found: dict[str, Any] = {
            "summary": _summary(read), "count": len(read.samples), "arrays": listed,
            "shape": list(read.samples.shape[1:]), "rules": read.rules,
            "classes": _counts(read.labelled), "previews": [],
        }  # fmt: skip
        if read.samples.ndim == 4:
            some = spread(range(len(read.samples)), PREVIEWS)
            return found | {"previews": [encoded(_picture(read.samples[i])) for i in some]}
        rows = read.samples[:PREVIEWS, :SHOWN_COLUMNS].astype(object)
        rows[np.isnan(read.samples[:PREVIEWS, :SHOWN_COLUMNS])] = None  # JSON knows no NaN
        drawn = read.samples[:LOOKED_AT, None, None, :WIDEST]
        shown = previews(drawn, "table", tuple(map(Column, read.names[:WIDEST])))
        return found | {
            "columns": list(read.names[:SHOWN_COLUMNS]), "rows": rows.tolist(), "previews": shown,
        }  # fmt: skip

    def take(self, paths: list[Path], names: list[str]) -> Taken:
        with held_arrays(paths, names) as arrays:
            read = self._read(arrays)
        samples, images = read.samples, read.samples.ndim == 4
        labelled = read.labelled or Labelled(np.zeros(len(samples), np.int64), (ALL,))
        metadata = (
            () if read.numbers is None
            else ((Column(read.label), read.numbers),)
        )  # fmt: skip
        return Taken(
            kind="image" if images else "table",
            samples=samples if images else samples[:, None, None],
            labels=labelled.labels,
            classes=labelled.classes,
            columns=() if images else tuple(Column(name) for name in read.names),
            metadata=metadata,
            label=read.label if read.labelled else "",
            rules=tuple(read.rules),
        )

    def _read(self, arrays: Mapping[str, Held]) -> Read:
        held = samples_of(arrays, self.config.samples)
        labels = labels_of(arrays, held, self.config.labels)
        read = self._images(held) if len(held.shape) > 2 else self._rows(held)
        if len(arrays) > 1:
            read.rules.insert(0, f"The samples are the array {held.name}.")
        if labels is None or read.labelled is None:
            return read if labels is None else _with_labels(read, labels)
        if self.config.labels:
            raise InputError("Labels and Label column are both given; leave one of them empty.")
        return read

    def _images(self, held: Held) -> Read:
        if self.config.label or self.config.leave_out:
            raise InputError(
                f"{held.name} holds images, which have no columns; leave Label column and Leave "
                "out empty."
            )
        values, shape_rule = with_channels(held.load(), self.config.channel_axis)
        check_total(len(values), values.shape[1], (values.shape[2], values.shape[3]))
        scale = scale_of(values)
        return Read(to_bytes(values, scale), [shape_rule, scale.rule])

    def _rows(self, held: Held) -> Read:
        count, width = held.shape
        if width > MOST_COLUMNS or count * width > MOST_VALUES:
            raise InputError(
                f"{count:,} vectors of {width:,} numbers are too large; give at most "
                f"{MOST_COLUMNS:,} numbers each and {MOST_VALUES:,} together."
            )
        found = columns_of(held.load(), self.config.label, self.config.leave_out)
        values = _as_float32(found.values)
        rules = [VECTORS, *found.rules]
        if missing := int(np.isnan(values).sum()):
            rules.append(
                f"{missing:,} numbers are missing: NaN, infinite, or too large for 32-bit floats."
            )
        return Read(values, rules, found.names, found.labelled, found.label)


def _with_labels(read: Read, labels: Held) -> Read:
    values = labels.load().reshape(-1)
    if (labelled := classes_of(values, labels.name)) is not None:
        read.rules.append(f"The labels are the array {labels.name}.")
        return replace(read, labelled=labelled, label=labels.name)
    read.rules.append(
        f"{labels.name} holds no whole numbers; it is kept as a number known of each sample."
    )
    return replace(read, label=labels.name, numbers=_as_float32(values))


def _as_float32(values: Array) -> Array:
    """A copy, NaN where a number is not finite."""
    with np.errstate(over="ignore"):
        result = values.astype(np.float32, order="C")
    result[np.isinf(result)] = np.nan
    return result


def _picture(sample: Array) -> Array:
    return sample[0] if len(sample) == 1 else np.ascontiguousarray(sample.transpose(1, 2, 0))


def _counts(labelled: Labelled | None) -> dict[str, int]:
    if labelled is None:
        return {}
    counts = Counter(labelled.labels.tolist())
    return {name: counts[place] for place, name in enumerate(labelled.classes)}


def _summary(read: Read) -> list[str]:
    count, *shape = read.samples.shape
    if len(shape) == 3:
        kind = "colour" if shape[0] == 3 else "grey"
        found = [f"{count:,} {kind} images of {shape[2]}×{shape[1]} pixels."]
    else:
        found = [f"{count:,} vectors of {shape[0]:,} numbers."]
    if read.labelled:
        found.append(f"{len(read.labelled.classes):,} classes, told by {read.label}.")
    return found
