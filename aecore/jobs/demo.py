"""The demonstration run, so that nobody meets an empty page: digits, VAE, a code of two numbers."""

from __future__ import annotations

from aecore.catalog.people import LAPTOP, OWNER, Person
from aecore.catalog.runs import listed
from aecore.catalog.store import Catalog
from aecore.catalog.submit import submit
from aecore.runs.about import About
from aecore.runs.spec import RunSpec

DEMO = {"dataset": "digits", "variant": "vae", "latent_dim": 2, "epochs": 400}


def ensure_demo(catalog: Catalog) -> None:
    """Queue it where the catalogue holds no run at all, not even in the trash.

    It is everybody's to look at. Raises StoreError, or InputError where the disk is full.
    """
    if listed(catalog, None, limit=1) or listed(catalog, None, deleted=True, limit=1):
        return
    about = About(name="Demonstration", demo=True)
    submit(catalog, Person(OWNER, "owner"), RunSpec.from_flat(DEMO), LAPTOP, about=about)
