"""What a column of a table is: numbers, dates, a category, or nothing that can be learnt."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from aecore.errors import InputError
from aecore.intake.cells import known_texts
from aecore.intake.found import MOST_VALUES, NUMBER_TEXT, TITLES, Found
from aecore.intake.safe_text import safe_text

if TYPE_CHECKING:
    import pyarrow as pa

MOSTLY = 0.95
"""Share of a column's values that must be numbers, or dates, for it to be of them."""
FEWEST_IDS = 20
"""Rows from which values that are all different, or only go up, say something about a column."""
EXAMPLES = 3
EXACT = 1 << 24
"""Up to here float32 tells every whole number from the next."""
LARGEST = float(np.finfo(np.float32).max)


def find(
    name: str,
    column: pa.ChunkedArray,
    comma: bool = False,
    wanted: Literal["", "number", "category"] = "",
    most_values: int = MOST_VALUES,
) -> Found:
    """What a column is.

    Args:
        comma: whether its texts have a comma before the decimals.
        wanted: what its owner says it is, which decides where it can.
        most_values: of a category.

    Raises InputError where it cannot be what is wanted.
    """
    import pyarrow as pa  # slow to import
    from pyarrow import types

    kind = column.type
    if types.is_dictionary(kind) and types.is_string(kind.value_type):
        column, kind = column.cast(pa.string()), pa.string()
    examples = _examples(column)
    if types.is_null(kind):
        return Found(name, "empty", missing=len(column))
    if types.is_boolean(kind):
        found = _texts(name, column.cast(pa.string()), most_values)
    elif types.is_date(kind) or types.is_timestamp(kind):
        found = _days(name, _timestamps(column), 0)
    elif types.is_string(kind) or types.is_large_string(kind) or types.is_string_view(kind):
        found = _of_text(name, column.cast(pa.string()), comma, wanted, most_values)
    elif types.is_integer(kind) or types.is_floating(kind) or types.is_decimal(kind):
        found = _of_number(name, column, wanted, most_values)
    else:
        return Found(name, "unreadable", examples=examples, note=f"Their type is {kind}.")
    if wanted and found.what not in (wanted, "date"):
        raise InputError(_unfit(found, wanted, most_values))
    return replace(found, examples=examples)


def _unfit(found: Found, wanted: str, most_values: int) -> str:
    if found.what == "text" and wanted == "category":
        return (
            f"{found.name}: this column has {found.distinct:,} different values, and at most "
            f"{most_values} make a category; leave it out."
        )
    return (
        f"{found.name}: this column holds {TITLES[found.what]} and cannot be taken as a {wanted}; "
        "leave it out or take it as it is."
    )


def _of_number(name: str, column: Any, wanted: str, most_values: int) -> Found:
    import pyarrow as pa
    from pyarrow import types

    if wanted == "category":
        whole = column.cast(pa.int64()) if types.is_integer(column.type) else column
        return _texts(name, whole.cast(pa.string()), most_values)
    values = column.cast(pa.float64(), safe=False).to_numpy()
    return _numbers(name, values, 0, wanted == "number")


def _of_text(name: str, column: Any, comma: bool, wanted: str, most_values: int) -> Found:
    import pyarrow as pa
    from pyarrow import compute

    texts = known_texts(column)
    known = len(texts) - texts.null_count
    if known == 0:
        return Found(name, "empty", missing=len(texts))
    if wanted == "category":
        return _texts(name, texts, most_values)
    pointed = compute.replace_substring(texts, ",", ".") if comma else texts
    fits = compute.match_substring_regex(pointed, NUMBER_TEXT)
    right = compute.sum(fits).as_py() or 0
    if right >= MOSTLY * known or (wanted == "number" and right):
        only = compute.if_else(fits, pointed, pa.scalar(None, pa.string()))
        values = compute.cast(only, pa.float64()).to_numpy()
        return _numbers(name, values, known - right, wanted == "number")
    days = _dates(name, texts, known)
    return days or _texts(name, texts, most_values)


def _numbers(name: str, values: NDArray[np.float64], unread: int, wanted: bool) -> Found:
    """Of float64 values, NaN where missing: at once as float32."""
    infinite = np.abs(values) > LARGEST  # which NaN is not
    unknown, values, told = np.isnan(values), *_near(values, infinite)
    numbers = np.where(infinite, np.nan, values).astype(np.float32)
    missing = int(unknown.sum() + infinite.sum())
    found = Found(name, "number", numbers, None, (), missing, int(infinite.sum()), unread)
    if missing == len(values):
        return replace(found, what="empty", numbers=None)
    if np.nanmin(numbers) == np.nanmax(numbers):
        return replace(found, what="constant", numbers=None)
    if not wanted and not missing and _counts(values):
        return replace(found, what="row number", numbers=None)
    return replace(found, note=f"{told} {_number_note(found, numbers)}".strip())


def _near(
    values: NDArray[np.float64], infinite: NDArray[np.bool_]
) -> tuple[NDArray[np.float64], str]:
    """Whole numbers too large for the digits of float32, such as seconds since 1970, from their
    smallest on; and what to tell of it."""
    some = values[~infinite & ~np.isnan(values)]
    if len(some) == 0 or np.abs(some).max() <= EXACT or (some % 1 != 0).any():
        return values, ""
    smallest = some.min()
    return values - smallest, f"Counted from the smallest, {smallest:,.0f}."


def _counts(values: NDArray[np.float64]) -> bool:
    """Whether these only go up, by whole numbers."""
    steps = np.diff(values)
    return len(values) >= FEWEST_IDS and bool((steps > 0).all() and (values % 1 == 0).all())


def _number_note(found: Found, numbers: NDArray[np.float32]) -> str:
    told = []
    if found.infinite:
        told.append(f"{found.infinite:,} infinite or too large, which count as missing.")
    if found.unread:
        told.append(f"{found.unread:,} that are no numbers, which count as missing.")
    some = np.unique(numbers[~np.isnan(numbers)][:10_000])
    if len(some) <= 10 and (some % 1 == 0).all() and not told:
        told.append(f"Whole numbers with {len(some)} values: if they are codes, say category.")
    return " ".join(told)


def _timestamps(column: Any) -> NDArray[np.float64]:
    """Dates as days, NaN where missing."""
    import pyarrow as pa

    micro = column.cast(pa.timestamp("ms"), safe=False).cast(pa.int64())
    return micro.cast(pa.float64(), safe=False).to_numpy() / 86_400_000


def _dates(name: str, texts: Any, known: int) -> Found | None:
    """Texts that are dates; None where they are not."""
    from aecore.intake.dates import days_of, format_of

    sample = texts.drop_null().slice(0, 1000).to_pylist()
    written = format_of(sample, MOSTLY)
    if written is None:
        return None
    days = days_of(texts, written)
    right = int((~np.isnan(days)).sum())
    return _days(name, days, known - right, written.told) if right >= MOSTLY * known else None


def _days(name: str, days: NDArray[np.float64], unread: int, told: str = "") -> Found:
    first = np.nanmin(days) if not np.isnan(days).all() else 0.0
    found = _numbers(name, days - first, unread, wanted=True)
    if found.what != "number":
        return found
    day = np.datetime64(int(np.floor(first)), "D")
    since = f"As days since the first, {day}."
    return replace(
        found, what="date", note=" ".join(each for each in (told, since, found.note) if each)
    )


def _texts(name: str, texts: Any, most_values: int) -> Found:
    """Texts as a category, where they have few values."""
    import pyarrow as pa

    codes = texts.combine_chunks().dictionary_encode()
    if isinstance(codes, pa.ChunkedArray):
        codes = (
            codes.chunk(0) if codes.num_chunks else pa.array([], pa.string()).dictionary_encode()
        )
    distinct, missing = len(codes.dictionary), texts.null_count
    found = Found(name, "text", missing=missing, distinct=distinct)
    if distinct == 0:
        return replace(found, what="empty")
    if distinct == 1 and not missing:
        return replace(found, what="constant")
    if distinct > most_values:
        return found
    raw = codes.dictionary.to_pylist()
    order = sorted(range(distinct), key=lambda place: sort_key(raw[place]))
    rank = np.empty(distinct + 1, np.int8)
    rank[order], rank[-1] = np.arange(distinct), -1
    places = codes.indices.fill_null(-1).to_numpy(zero_copy_only=False)
    values = tuple(raw[place] for place in order)
    return replace(found, what="category", codes=rank[places], values=values)


def sort_key(text: str) -> tuple[int, float, str]:
    """Numbers by their size, before all else by its letters."""
    try:
        value = float(text)
    except ValueError:
        return 1, 0.0, text
    return (0, value, text) if value == value else (1, 0.0, text)


def _examples(column: Any) -> tuple[str, ...]:
    some = column.slice(0, 1000).drop_null().slice(0, EXAMPLES)
    return tuple(safe_text(_plain(value), 30, "(empty)") for value in some)


def _plain(value: Any) -> Any:
    """A value of Arrow's as Python has it, whose dates end with the year 9999."""
    try:
        return value.as_py()
    except (OverflowError, ValueError):
        return "(out of range)"
