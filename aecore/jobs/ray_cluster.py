"""The Ray cluster itself: joining it, and what is ours in it."""

from __future__ import annotations

import hashlib
import logging
import os
import platform

import ray
from ray.exceptions import RayError

from aecore.errors import InputError
from aecore.paths import home


def connect() -> bool:
    """Join the cluster; False where this process is in it already. Raises InputError."""
    if ray.is_initialized():
        return False
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    address = os.environ.get("AECORE_RAY_ADDRESS", "").strip() or "auto"
    try:
        ray.init(address, log_to_driver=False, logging_level=logging.ERROR)
    except (ConnectionError, RayError, RuntimeError, ValueError) as error:
        raise InputError(
            f"No Ray cluster answers at AECORE_RAY_ADDRESS={address} ({first_line(error)}); start "
            "one with `ray start --head`."
        ) from error
    return True


def namespace() -> str:
    """Where the agents of this home have their names; a cluster may serve several homes."""
    where = f"{platform.node()}:{home()}"
    return "autoencoder-lab-" + hashlib.sha256(where.encode()).hexdigest()[:16]


def answers(node: str) -> bool:
    """Whether a node is part of the cluster still."""
    return any(other["NodeID"] == node and other["Alive"] for other in ray.nodes())


def first_line(error: Exception) -> str:
    """What Ray says, without its pages of advice."""
    return (str(error).splitlines() or [type(error).__name__])[0][:160].rstrip(".")
