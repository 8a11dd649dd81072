"""Corruptions by name: each file of this folder registers one."""

from aecore.corruptions.base import Corruption, Erasing, corruptions
from aecore.registry import import_siblings

import_siblings(__name__, __path__)

__all__ = ["Corruption", "Erasing", "corruptions"]
