"""How a text file is written: its encoding, and what stands between the cells of its table."""

from __future__ import annotations

import codecs
import csv
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from io import StringIO
from pathlib import Path

from aecore.errors import InputError

SNIFFED = 1 << 16
"""Bytes at the beginning that decide on separator, decimals and header; they must hold a line."""
SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}
BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
UNDEFINED = b"\x81\x8d\x8f\x90\x9d"
"""Bytes that Windows-1252 leaves without a character."""
FOREIGN = {
    b"PK\x03\x04": "a zip archive or an Excel workbook; save the sheet as CSV",
    b"\xd0\xcf\x11\xe0": "an old Excel workbook; save the sheet as CSV",
    b"\x1f\x8b": "compressed with gzip; unpack it first",
    b"SQLite format 3": "a database; export one of its tables as CSV",
    b"%PDF": "a PDF; save the table as CSV",
    b"\x93NUMPY": "a NumPy array; take it in as an array",
    b"\x89HDF": "an HDF5 file; save the table as CSV or Parquet",
    b"ARROW1": "an Arrow file; save the table as CSV or Parquet",
}
"""How files begin that are no text, and what to do with them."""
NUMBER = re.compile(r"\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\s*")
COMMA_NUMBER = re.compile(r"\s*[+-]?\d+,\d+\s*")


@dataclass(frozen=True)
class Dialect:
    """What is to be known before a CSV is read.

    names: the cells of the header, as they are; empty where there is none; width: cells of a row;
    before: lines above the header.
    """

    encoding: str
    separator: str
    comma: bool
    names: tuple[str, ...]
    width: int
    before: int

    @property
    def rules(self) -> tuple[str, ...]:
        """What was found, in sentences."""
        codes = {"utf-8": "UTF-8", "utf-16": "UTF-16", "cp1252": "Windows-1252"}
        code = codes.get(self.encoding, "Latin-1" if self.encoding == "latin-1" else "UTF-16")
        rules = [f"Read as {code} text with {SEPARATORS[self.separator]} between the cells."]
        if self.comma:
            rules.append("Numbers have a comma before their decimals.")
        if not self.names:
            rules.append(
                "The first line holds numbers, so it is taken for a row and not for names."
            )
        return tuple(rules)


def dialect_of(path: Path) -> Dialect:
    """How a CSV is written. Raises InputError where it is no text or has no first line."""
    with path.open("rb") as file:
        first = file.read(SNIFFED)
    for start, what in FOREIGN.items():
        if first.startswith(start):
            raise InputError(f"This is {what}.")
    if not first.strip():
        raise InputError("This file is empty; give a table with a line of names and its rows.")
    encoding = _encoding(path, first)
    text = codecs.getincrementaldecoder(encoding)("strict").decode(first).lstrip("\ufeff")
    if "\0" in text:
        raise InputError("This is no text: it holds zero bytes; give a CSV or a Parquet file.")
    lines = StringIO(text, newline="").readlines()  # `splitlines` ends one at a form feed, too
    if len(first) == SNIFFED:
        lines = lines[:-1]  # which may be cut
    if not lines:
        raise InputError(
            f"The first line is longer than {SNIFFED:,} bytes; a table has at most 2,000 columns."
        )
    before = next((place for place, line in enumerate(lines) if line.strip()), 0)
    told = re.fullmatch(r"sep=(.)\s*", lines[before])
    before += told is not None
    return _dialect(encoding, lines[before:], before, told[1] if told else "")


def _encoding(path: Path, first: bytes) -> str:
    """A mark at the beginning decides; else zero bytes, else whether all of it is UTF-8."""
    for mark, name in BOMS:
        if first.startswith(mark):
            return name
    even, odd = first[::2].count(0), first[1::2].count(0)
    if max(even, odd) > 0.3 * len(first) / 2:
        return "utf-16-le" if odd > even else "utf-16-be"
    decoder = codecs.getincrementaldecoder("utf-8")("strict")
    try:
        for part in _parts(path):
            decoder.decode(part)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        strange = any(len(part.translate(None, UNDEFINED)) < len(part) for part in _parts(path))
        return "latin-1" if strange else "cp1252"
    return "utf-8"


def _parts(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while part := file.read(1 << 20):
            yield part


def _dialect(encoding: str, lines: list[str], before: int, told: str) -> Dialect:
    separators = [told] if told in SEPARATORS else list(SEPARATORS)
    read = {separator: _cells(lines, separator) for separator in separators}
    separator = max(separators, key=lambda separator: _fit(read[separator]))
    rows = read[separator]
    if not rows:
        raise InputError("This table has no line with anything in it.")
    width = Counter(len(row) for row in rows[1:] or rows).most_common(1)[0][0]
    comma = separator != "," and _comma(rows)
    head = rows[0]
    if all(NUMBER.fullmatch(cell.replace(",", ".") if comma else cell) for cell in head):
        return Dialect(encoding, separator, comma, (), width, before)
    if len(head) == width - 1:
        head = ["row", *head]  # as R writes them: the names of the rows have none themselves
    names = [*head, *[""] * width][:width]
    return Dialect(encoding, separator, comma, tuple(names), width, before)


def _cells(lines: list[str], separator: str) -> list[list[str]]:
    try:
        return [row for row in csv.reader(lines[:200], delimiter=separator) if row]
    except csv.Error as error:
        raise InputError(f"This is no CSV: {error}.") from error


def _fit(rows: list[list[str]]) -> tuple[float, int]:
    """How well a separator fits: which share of the rows has most rows' width, and that width."""
    width, often = Counter(len(row) for row in rows).most_common(1)[0] if rows else (1, 0)
    return (round(often / len(rows), 1), width) if width > 1 else (0.0, 1)


def _comma(rows: list[list[str]]) -> bool:
    cells = [cell for row in rows[1:] for cell in row]
    with_comma = sum(COMMA_NUMBER.fullmatch(cell) is not None for cell in cells)
    with_point = sum("." in cell and NUMBER.fullmatch(cell) is not None for cell in cells)
    return with_comma > with_point
