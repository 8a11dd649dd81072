"""The columns of an array of rows: which are learnt, which is the label, which are left out."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from aecore.errors import InputError
from aecore.intake.array_labels import Labelled, classes_of
from aecore.intake.npy import Array
from aecore.intake.roles import few, names_in, one_name


class Columns(NamedTuple):
    """values: (n, k), those that are learnt; names: theirs; label: what the column of the labels
    is called, where there is one, and labelled what it says; rules: the same in sentences."""

    values: Array
    names: tuple[str, ...]
    label: str
    labelled: Labelled | None
    rules: list[str]


def columns_of(values: Array, label: str, leave_out: str) -> Columns:
    """Tell the columns of (n, d) apart, which are called x1, x2 and so on.

    Args:
        label: the name of the column of the labels, or nothing.
        leave_out: the names of those that are not taken in, as one line of CSV.

    Raises InputError where there is no such column, one is named twice, or none is left.
    """
    known = tuple(f"x{place}" for place in range(1, values.shape[1] + 1))
    marked = one_name(label, "Label column", known)
    without = names_in(leave_out, "Leave out", known)
    if marked in without:
        raise InputError(f"{marked} is named as the label and left out; name it once.")
    kept = [place for place, name in enumerate(known) if name not in {marked, *without}]
    if not kept:
        raise InputError("No column of this array is left to learn; leave out fewer.")
    rules = [f"Left out: {few(without)}."] if without else []
    labelled = _labelled(values[:, known.index(marked)], marked) if marked else None
    if marked:
        rules.append(f"The labels are the column {marked}, which is not learnt.")
    learnt = values if len(kept) == len(known) else values[:, kept]
    return Columns(learnt, tuple(known[place] for place in kept), marked, labelled, rules)


def _labelled(values: Array, name: str) -> Labelled:
    found = classes_of(np.ascontiguousarray(values), name)
    if found is None:
        raise InputError(
            f"Label column: {name} holds numbers that are not whole, or misses some; choose a "
            "column of whole numbers."
        )
    return found
