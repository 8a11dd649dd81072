"""What an evaluation measures: each file holds measures that belong together.

A measure says by itself which models it applies to, by what these can do and never by their
names: a new variant is measured without an edit here.
"""

from aecore.runs.judging.code import BOOK, CLASSES, NEIGHBOURS, ZEROS
from aecore.runs.judging.copies import CLEANING, COPYING, LIKENESS
from aecore.runs.judging.factors import FACTORS
from aecore.runs.judging.likelihood import LIKELIHOOD
from aecore.runs.judging.subject import Found, Measure, Subject

ALL: tuple[Measure, ...] = (
    COPYING, CLEANING, LIKENESS, NEIGHBOURS, CLASSES, FACTORS, ZEROS, BOOK, LIKELIHOOD,
)  # fmt: skip

__all__ = ["ALL", "Found", "Measure", "Subject"]
