"""Networks by name: each file of this folder registers one."""

from aecore.networks.base import Network, NetworkConfig, Shape, networks
from aecore.registry import import_siblings

import_siblings(__name__, __path__)

__all__ = ["Network", "NetworkConfig", "Shape", "networks"]
