"""The demonstration run, so that nobody meets an empty page: digits, VAE, a code of two numbers."""

from __future__ import annotations

from aecore.jobs.local import LocalEngine
from aecore.runs.spec import RunSpec
from aecore.runs.store import RunStore

DEMO = {"dataset": "digits", "variant": "vae", "latent_dim": 2, "epochs": 400}


def ensure_demo(store: RunStore, engine: LocalEngine) -> None:
    """Create and start it where the store holds no run at all. Raises StoreError."""
    if next(iter(store), None) is None:
        engine.start(store.create(RunSpec.from_flat(DEMO), demo=True))
