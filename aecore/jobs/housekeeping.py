"""What a home needs from time to time: an eye on the disk, and an emptied trash."""

from __future__ import annotations

import logging
import time

from aecore.catalog.retention import clean
from aecore.catalog.store import Catalog
from aecore.errors import AecoreError
from aecore.runs.disk import Disk, disk_of

LOG = logging.getLogger("autoencoder-lab.supervisor")
DISK_SECONDS = 1.0
CLEAN_SECONDS = 600.0


class Housekeeping:
    """Asked at every tick; does something only when it is time."""

    def __init__(self, catalog: Catalog) -> None:
        self.catalog = catalog
        self._disk: Disk | None = None
        self._looked = 0.0
        self._cleaned = time.monotonic()

    def disk(self) -> Disk:
        """The disk of the runs, as of a second ago at most."""
        now = time.monotonic()
        if self._disk is None or now - self._looked > DISK_SECONDS:
            self._disk, self._looked = disk_of(self.catalog.root / "runs"), now
        return self._disk

    def maybe(self) -> None:
        """Clean up every ten minutes."""
        if time.monotonic() - self._cleaned < CLEAN_SECONDS:
            return
        self._cleaned = time.monotonic()
        try:
            clean(self.catalog)
        except AecoreError as error:
            LOG.error("%s", error)
