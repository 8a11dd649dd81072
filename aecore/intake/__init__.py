"""How people's own files become data sets: each file of this folder reads one family of files."""

from aecore.intake.base import Intake, Taken, intakes
from aecore.intake.python import keep_python
from aecore.registry import import_siblings

# These two register nothing and import torch, which takes seconds; a look at files needs none.
import_siblings(__name__, __path__, without=("sandboxed", "suggest"))

__all__ = ["Intake", "Taken", "intakes", "keep_python"]
