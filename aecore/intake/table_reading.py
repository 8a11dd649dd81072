"""Opens a table, CSV or Parquet, within caps: its columns can then be had one after another."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aecore.errors import InputError
from aecore.intake.cells import Cells
from aecore.intake.safe_text import safe_text
from aecore.intake.text_reading import Dialect, dialect_of

if TYPE_CHECKING:
    import pyarrow as pa

MOST_BYTES = 500_000_000
"""Of a file."""
MOST_ROWS = 5_000_000
MOST_COLUMNS = 2000
BLOCK = 1 << 23
"""Bytes of a CSV that are read together; no row can be longer."""
RAGGED = 0.5
"""Share of rows with another number of cells from which a file is no table."""
OTHER_WIDTH = "rows with another number of cells than most"


class TableFile(ABC):
    """A table whose columns are read one by one.

    names: of its columns, safe to show, each once; count: of its rows; skipped: as in `Taken`.
    """

    names: tuple[str, ...]
    count: int
    comma = False
    """Whether a comma stands before the decimals of numbers that are text."""

    def __init__(self) -> None:
        self.rules: list[str] = []
        self.skipped: dict[str, int] = {}

    @abstractmethod
    def column(self, place: int) -> pa.ChunkedArray:
        """The values of a column; of a table that is only looked at, those of the first rows."""

    def _check(self) -> None:
        if self.count == 0:
            raise InputError("This table has no rows, only names of columns.")
        check_rows(self.count)
        check_width(len(self.names))


def open_table(
    paths: list[Path],
    names: list[str],
    first: int = MOST_ROWS,
    codes: Callable[[tuple[str, ...]], Collection[str]] = tuple,
) -> TableFile:
    """The one table that was given, told by its content and not by its name.

    Args:
        first: how many rows are to be read of a file that is only looked at.
        codes: of the names of all columns, those whose numbers are to be had as they are written.

    Raises InputError where it is none, is damaged, or has more than the caps allow.
    """
    if len(paths) != 1:
        raise InputError(f"Give one table at a time, CSV or Parquet; these are {len(paths)} files.")
    size = paths[0].stat().st_size
    if size > MOST_BYTES:
        raise InputError(
            f"This file has {size / 1e6:,.0f} MB, and at most {MOST_BYTES // 10**6} MB are taken; "
            "leave out columns or rows."
        )
    with paths[0].open("rb") as file:
        parquet = file.read(4) == b"PAR1"
    with damage_told(safe_text(names[0])):
        return Parquet(paths[0], first) if parquet else Csv(paths[0], first, codes)


@contextmanager
def damage_told(name: str = "This file") -> Iterator[None]:
    """What Arrow says of a damaged file becomes an InputError, here or in what this decorates."""
    import pyarrow as pa  # slow to import

    try:
        yield
    except (pa.ArrowException, UnicodeError, OSError) as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise  # the disk's own, and no fault of the file
        said = safe_text(error, 160).rstrip(".")
        raise InputError(f"{name} cannot be read as a table: {said}; save it again.") from error


def check_rows(count: int) -> None:
    """Raises InputError for more rows than are taken."""
    if count > MOST_ROWS:
        raise InputError(f"A table may have {MOST_ROWS:,} rows at most; take a part of them.")


def check_width(count: int) -> None:
    """Raises InputError for more columns than are taken."""
    if count > MOST_COLUMNS:
        raise InputError(
            f"A table may have {MOST_COLUMNS:,} columns at most, and this has {count:,}; leave "
            "some out."
        )


def unique_names(names: list[str]) -> tuple[str, ...]:
    """Names safe to show, each once: the second "a" is "a (2)", one without letters "column 7"."""
    found: dict[str, None] = {}
    for place, name in enumerate(names, 1):
        plain = safe_text(name, otherwise=f"column {place}")
        made, again = plain, 2
        while made in found:
            made, again = f"{plain} ({again})", again + 1
        found[made] = None
    return tuple(found)


class Csv(TableFile):
    """Cells as texts, so that one set of rules says what they mean, but for columns of which every
    text is a number by these rules."""

    def __init__(
        self, path: Path, first: int, codes: Callable[[tuple[str, ...]], Collection[str]]
    ) -> None:
        super().__init__()
        dialect = dialect_of(path)
        check_width(dialect.width)
        self.comma = dialect.comma
        self.names = unique_names(list(dialect.names) or [""] * dialect.width)
        self.rules += dialect.rules
        written = self.names if first < MOST_ROWS else codes(self.names)  # a look shows examples
        self._cells = [Cells(self.comma, name in written) for name in self.names]
        self.count = self._read(path, dialect, first)
        self._read_again(path, dialect)
        ragged = self.skipped.get(OTHER_WIDTH, 0)
        if ragged > RAGGED * (self.count + ragged):
            raise InputError(
                f"{ragged:,} of {self.count + ragged:,} rows have another number of cells than "
                f"{dialect.width}; this is no table of columns."
            )
        self._check()

    def column(self, place: int) -> pa.ChunkedArray:
        """The texts of a column, or its numbers."""
        return self._cells[place].whole

    def _read(self, path: Path, dialect: Dialect, first: int) -> int:
        """Keep the first rows; how many there are in all."""
        count = kept = 0
        with _opened(path, dialect, self._skip) as reader:
            for batch in reader:
                count += batch.num_rows
                check_rows(count)
                if kept == first:
                    continue
                part = batch.slice(0, first - kept)
                kept += part.num_rows
                for cells, texts in zip(self._cells, part.columns, strict=True):
                    cells.add(texts)
        return count

    def _read_again(self, path: Path, dialect: Dialect) -> None:
        """Columns that looked like numbers up to some row, as texts."""
        lost = [place for place, cells in enumerate(self._cells) if cells.lost]
        if not lost:
            return
        for place in lost:
            self._cells[place] = Cells(self.comma, as_written=True)
        with _opened(path, dialect, lambda _: "skip", lost) as reader:
            for batch in reader:
                for place, texts in zip(lost, batch.columns, strict=True):
                    self._cells[place].add(texts)

    def _skip(self, _: Any) -> str:
        self.skipped[OTHER_WIDTH] = self.skipped.get(OTHER_WIDTH, 0) + 1
        return "skip"


def _opened(path: Path, dialect: Dialect, skip: Any, places: Sequence[int] = ()) -> Any:
    """Reads a file in blocks; of no places, all columns."""
    from pyarrow import csv, string  # slow to import

    names = [str(place) for place in range(dialect.width)]
    return csv.open_csv(
        path,
        read_options=csv.ReadOptions(
            use_threads=False, block_size=BLOCK, column_names=names, encoding=dialect.encoding,
            skip_rows=dialect.before, skip_rows_after_names=int(bool(dialect.names)),
        ),
        parse_options=csv.ParseOptions(
            delimiter=dialect.separator, newlines_in_values=True, invalid_row_handler=skip
        ),
        convert_options=csv.ConvertOptions(
            column_types=dict.fromkeys(names, string()), strings_can_be_null=False,
            include_columns=[str(place) for place in places],
        ),
    )  # fmt: skip


class Parquet(TableFile):
    """Columns in the types of the file; texts as codes and their values, which takes less."""

    def __init__(self, path: Path, first: int) -> None:
        from pyarrow import parquet, types  # slow to import

        super().__init__()
        with parquet.ParquetFile(path) as plain:
            schema, self.count = plain.schema_arrow, plain.metadata.num_rows
        self._raw = list(schema.names)
        check_width(len(self._raw))
        texts = [field.name for field in schema if types.is_string(field.type)]
        self._file = parquet.ParquetFile(path, read_dictionary=texts)
        self._first = first
        self.names = unique_names(self._raw)
        self.rules.append("Read as Parquet, in the types of the file.")
        self._check()

    def column(self, place: int) -> pa.ChunkedArray:
        """The values of a column, in its type."""
        import pyarrow as pa

        name = self._raw[place]
        nth = self._raw[:place].count(name)  # names may be there twice
        parts, kept = [], 0
        for group in range(self._file.num_row_groups):
            if kept >= self._first:
                break
            table = self._file.read_row_group(group, columns=[name], use_threads=False)
            same = [i for i, field in enumerate(table.schema) if field.name == name]
            part = table.column(same[nth]).slice(0, self._first - kept)
            kept += len(part)
            parts += part.chunks
        if kept != min(self.count, self._first):
            raise InputError(
                f"{self.names[place]} has {kept:,} values and the table claims {self.count:,} "
                "rows; it is damaged, save it again."
            )
        return pa.chunked_array(parts, parts[0].type)
