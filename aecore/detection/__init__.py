"""Scores that say how odd an image is, each one file of this folder, and how to judge them."""

from aecore.detection.base import Fitted, Method, Scores, Views, methods
from aecore.registry import import_siblings

import_siblings(__name__, __path__)

__all__ = ["Fitted", "Method", "Scores", "Views", "methods"]
