"""How people's own files become data sets: each file of this folder reads one family of files."""

from aecore.intake.base import Intake, Taken, intakes
from aecore.intake.python import keep_python
from aecore.registry import import_siblings

import_siblings(__name__, __path__)

__all__ = ["Intake", "Taken", "intakes", "keep_python"]
