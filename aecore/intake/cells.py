"""The cells of a column of a CSV, block by block as they are read, in little memory."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aecore.intake.found import MISSING_TEXTS, NUMBER_TEXT

if TYPE_CHECKING:
    import pyarrow as pa


class Cells:
    """A column so far: numbers as long as every text of it is one or stands for a missing one,
    else the codes of its different texts.

    lost: whether it held numbers when a text came that is none: then all of its texts must be
    read again, with `as_written`.
    """

    def __init__(self, comma: bool, as_written: bool) -> None:
        self.lost = False
        self._comma, self._numbers = comma, not as_written
        self._parts: list[Any] = []

    def add(self, texts: pa.Array) -> None:
        """The next cells."""
        if self.lost:
            return
        if self._numbers:
            values = numbers_of(texts, self._comma)
            if values is not None:
                self._parts.append(values)
                return
            self._numbers, self.lost = False, bool(self._parts)
            if self.lost:
                self._parts = []
                return
        self._parts.append(texts.dictionary_encode())

    @property
    def whole(self) -> pa.ChunkedArray:
        """All of them: float64, null where missing, or texts by their codes."""
        import pyarrow as pa  # slow to import

        return pa.chunked_array(self._parts)


def numbers_of(texts: pa.Array, comma: bool) -> pa.Array | None:
    """Texts as float64, null where missing; None where a text is no number.

    comma: whether a comma stands before the decimals. What is a number is for NUMBER_TEXT to say;
    Arrow reads no more than that, but for some ways to write what is not finite.
    """
    import pyarrow as pa
    from pyarrow import compute

    known = known_texts(texts)
    if comma:
        known = compute.replace_substring(known, ",", ".")
    try:
        values = compute.cast(known, pa.float64())
    except pa.ArrowInvalid:
        return None
    odd = known.filter(compute.invert(compute.is_finite(values)))
    right = compute.all(compute.match_substring_regex(odd, NUMBER_TEXT)).as_py()
    return values if right is not False else None


def known_texts(texts: Any) -> Any:
    """Texts without space around them; null where they stand for a missing value."""
    import pyarrow as pa
    from pyarrow import compute

    plain = compute.utf8_trim_whitespace(texts)
    absent = compute.is_in(compute.utf8_lower(plain), pa.array(MISSING_TEXTS))
    return compute.if_else(compute.fill_null(absent, True), pa.scalar(None, pa.string()), plain)
