"""Texts that are dates: which way they are written, and how many days they are apart."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

ISO = re.compile(r"\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?)?(Z|[+-]\d{2}:?\d{2})?")
ORDERED = re.compile(r"(\d{1,4})([./-])(\d{1,2})\2(\d{1,4})( \d{1,2}:\d{2}(:\d{2})?)?")
CLOCKS = {0: "", 1: " %H:%M", 2: " %H:%M:%S"}


@dataclass(frozen=True)
class Written:
    """A way to write a date, as pandas reads it; told: what a person should know of it."""

    format: str
    told: str


def format_of(texts: Sequence[str], mostly: float) -> Written | None:
    """The way in which at least this share of some texts is written; None for no dates.

    ISO 8601; or year, month, day, or day, month, year, with points, strokes or dashes. Of 3/4/2020
    the first is the day, unless some other date of the column has a second number above 12.
    """
    if sum(ISO.fullmatch(text) is not None for text in texts) >= mostly * len(texts):
        return Written("ISO8601", "")
    found = [match for text in texts if (match := ORDERED.fullmatch(text))]
    if len(found) < mostly * len(texts) or not found:
        return None
    mark = found[0][2]
    clock = CLOCKS[(found[0][5] or "").count(":")]
    if len(found[0][1]) == 4:
        return Written(f"%Y{mark}%m{mark}%d{clock}", "")
    year = "%Y" if len(found[0][4]) == 4 else "%y"
    if any(int(match[3]) > 12 for match in found):
        return Written(f"%m{mark}%d{mark}{year}{clock}", "Read as month, day, year.")
    return Written(f"%d{mark}%m{mark}{year}{clock}", "Read as day, month, year.")


def days_of(texts: Any, written: Written) -> NDArray[np.float64]:
    """Days since 1970 of a column of texts; NaN where one is missing or no date."""
    import pandas as pd  # slow to import

    codes = texts.combine_chunks().dictionary_encode()
    if hasattr(codes, "num_chunks"):
        codes = codes.chunk(0)
    each = pd.to_datetime(
        pd.Series(codes.dictionary.to_pylist(), dtype="object"),
        format=written.format, errors="coerce", utc=True,
    )  # fmt: skip
    moments = each.dt.tz_localize(None).to_numpy().astype("datetime64[ms]")
    days = moments.astype(np.int64) / 86_400_000
    days[np.isnat(moments)] = np.nan
    known = np.append(days, np.nan)  # where the place is -1
    return known[codes.indices.fill_null(-1).to_numpy(zero_copy_only=False)]
