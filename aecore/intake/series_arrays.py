"""Time series out of arrays: (n, T), n series of one channel, or (n, T, C), or one of (T,)."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from aecore.errors import InputError
from aecore.intake.array_choice import labels_of
from aecore.intake.array_labels import classes_of
from aecore.intake.held_arrays import Held, held_arrays
from aecore.intake.npy import NUMBERS
from aecore.intake.roles import few, names_in
from aecore.intake.series_table import MOST_CHANNELS, Rows

STARTS = (b"\x93NUM", b"PK\x03\x04")
NAMES = ("x", "data", "series", "samples", "signal", "signals", "x_train")


def is_array(paths: list[Path]) -> bool:
    """Whether these are arrays rather than a table, by their first bytes."""
    with paths[0].open("rb") as file:
        return file.read(4) in STARTS


def rows_of_arrays(
    paths: list[Path], names: list[str], chosen: str = "", channels_first: bool = False
) -> Rows:
    """Series one after another, each a group.

    Args:
        chosen: the channels that are learnt, such as "channel 1, channel 3"; nothing takes all.
        channels_first: whether three axes are (series, channels, steps).

    Raises InputError.
    """
    with held_arrays(paths, names) as arrays:
        fit = [held for held in arrays.values() if _fits(held, channels_first)]
        if not fit:
            shapes = ", ".join(f"{held.name} {held.shape}" for held in arrays.values())
            axes = "(series, channels, steps)" if channels_first else "(series, steps, channels)"
            raise InputError(
                f"None of the arrays holds series; give numbers as (series, steps), or {axes} with "
                f"at most {MOST_CHANNELS} channels, got {shapes[:200]}."
            )
        usual = [held for held in fit if held.name.lower() in NAMES]
        held = (usual or sorted(fit, key=lambda held: -held.header.bytes))[0]
        values = _floats(held, channels_first)
        count, steps, channels = values.shape
        marked = labels_of(arrays, held, "")
        found = classes_of(marked.load().reshape(-1), marked.name) if marked else None
    known = ("value",) if channels == 1 else tuple(f"channel {i}" for i in range(1, channels + 1))
    kept = names_in(chosen, "Channels", known) or known
    return Rows(
        kept,
        values.reshape(count * steps, channels)[:, [known.index(name) for name in kept]],
        np.repeat(np.arange(count), steps),
        np.repeat(found.labels, steps).astype(np.int64) if found else None,
        found.classes if found else (),
        (_told(held, values, kept),),
    )


def _told(held: Held, values: NDArray[np.float32], kept: tuple[str, ...]) -> str:
    count, steps, channels = values.shape
    some = f", of which {few(kept)} are learnt" if len(kept) < channels else ""
    return f"{held.name}: {count:,} series of {steps:,} steps and {channels} channels{some}."


def _fits(held: Held, channels_first: bool) -> bool:
    shape, axis = held.shape, 1 if channels_first else 2
    return held.header.dtype.kind in NUMBERS and (
        len(shape) in (1, 2) or (len(shape) == 3 and shape[axis] <= MOST_CHANNELS)
    )


def _floats(held: Held, channels_first: bool) -> NDArray[np.float32]:
    """(series, steps, channels) float32; what is not finite is missing."""
    array = held.load()
    if array.ndim == 3 and channels_first:
        array = array.transpose(0, 2, 1)
    shaped = array[None, :, None] if array.ndim == 1 else array[:, :, None]
    values = (shaped if array.ndim < 3 else array).astype(np.float32)
    values[~np.isfinite(values)] = np.nan
    return values
