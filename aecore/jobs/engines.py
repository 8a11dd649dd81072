"""Which engine starts the workers: AECORE_ENGINE, local where nothing is said."""

from __future__ import annotations

import os

from aecore.errors import InputError
from aecore.jobs.engine import Engine
from aecore.jobs.local import LocalEngine


def make_engine() -> tuple[str, Engine]:
    """The engine's name and the engine. Raises InputError for a name that there is none of."""
    name = os.environ.get("AECORE_ENGINE", "").strip() or "local"
    if name == "local":
        return name, LocalEngine()
    if name == "ray":
        return name, _ray_engine()
    raise InputError(f"AECORE_ENGINE: expected local or ray, got {name[:40]!r}.")


def _ray_engine() -> Engine:
    try:
        from aecore.jobs.ray_engine import RayEngine
    except ImportError as error:
        raise InputError(
            "AECORE_ENGINE=ray wants Ray: pip install -r requirements-ray.txt."
        ) from error
    return RayEngine()
