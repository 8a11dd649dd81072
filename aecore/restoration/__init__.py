"""Classical ways to restore images, by name: each file of this folder registers one."""

from aecore.registry import import_siblings
from aecore.restoration.base import Damage, Restorer, restorers
from aecore.restoration.choice import Chosen, choose

import_siblings(__name__, __path__)

__all__ = ["Chosen", "Damage", "Restorer", "choose", "restorers"]
