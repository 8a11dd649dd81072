"""Tables as files, made at the time of the test."""

from pathlib import Path

import numpy as np
import pytest

from aecore.errors import InputError
from aecore.intake import cells, intakes

ARRAYS = ("samples", "labels", "metadata")


def written(folder, content, name="given.csv"):
    """The arguments of `look` and `take` for a text, or for bytes."""
    path = Path(folder) / "0"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return [path], [name]


def intake_of(kind="table", **options):
    """An intake with options."""
    return intakes[kind](intakes[kind].Config.parse(options))


def taken(folder, content, kind="table", **options):
    """What becomes of a text, or of bytes: the same, whether numbers are read as such or as texts.

    Raises InputError, the same one.
    """
    given = written(folder, content)
    made, as_texts = ended(kind, options, given), None
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cells, "numbers_of", lambda texts, comma: None)
        as_texts = ended(kind, options, given)
    if isinstance(made, InputError):
        assert str(made) == str(as_texts)
        raise made
    assert same(made, as_texts)
    return made


def ended(kind, options, given):
    """What is taken in, or the InputError."""
    try:
        return intake_of(kind, **options).take(*given)
    except InputError as error:
        return error


def same(one, other):
    """Whether two of `Taken` agree to the bit."""
    (ours, mine), (theirs, yours) = (
        ({name: value for name, value in vars(each).items() if name not in ARRAYS},
         [each.samples, each.labels, *(values for _, values in each.metadata)])
        for each in (one, other)
    )  # fmt: skip
    names = [[column for column, _ in each.metadata] for each in (one, other)]
    equal = (np.array_equal(a, b, equal_nan=True) for a, b in zip(mine, yours, strict=True))
    return ours == theirs and names[0] == names[1] and all(equal)


def column(made, name):
    """The numbers of one column of samples, (n,) or, of a category, (n, values)."""
    at = 0
    for each in made.columns:
        if each.name == name:
            found = made.samples[:, 0, 0, at : at + each.width]
            return found[:, 0] if each.kind == "number" else found
        at += each.width
    raise AssertionError(f"no column {name} among {[each.name for each in made.columns]}")


def values_of(made, name):
    """The values of a category's column, row by row."""
    values = next(each.values for each in made.columns if each.name == name)
    return [values[place] for place in column(made, name).argmax(1)]


def mixed(count=60, seed=0):
    """A CSV of numbers, categories, dates, and what is missing or infinite; `kind` is its label."""
    draw = np.random.default_rng(seed)
    lines = ["size,colour,day,skewed,kind"]
    for row in range(count):
        kind = row % 3
        size = f"{draw.normal(kind, 0.3):.4f}"
        colour = ["red", "green", ""][kind] if row % 7 else "red"
        skewed = ["inf", "NA"][row % 2] if row % 10 == 0 else f"{draw.exponential():.4f}"
        lines.append(f"{size},{colour},2024-01-{1 + row % 28:02d},{skewed},{'abc'[kind]}")
    return "\n".join(lines) + "\n"
