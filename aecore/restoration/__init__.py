"""Classical ways to restore images, by name: each file of this folder registers one."""

from aecore.registry import import_siblings
from aecore.restoration.base import Damage, Restorer, restorers, suited
from aecore.restoration.choice import Chosen, choose
from aecore.restoration.sample import Sample

import_siblings(__name__, __path__)

__all__ = ["Chosen", "Damage", "Restorer", "Sample", "choose", "restorers", "suited"]
