"""A process of this package that outlives whoever starts it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from aecore.errors import StoreError

MOST_LOG = 1_000_000


def start(module: str, root: Path, log: str) -> subprocess.Popen[bytes]:
    """Start `python -m module` for a home; what it says goes into a file there.

    Raises StoreError where the machine refuses.
    """
    package = str(Path(__file__).parents[2])  # found also where the app runs from another folder
    path = os.pathsep.join(filter(None, [package, os.environ.get("PYTHONPATH")]))
    environment = {**os.environ, "PYTHONPATH": path, "AECORE_HOME": str(root)}
    said = root / log
    try:
        if said.exists() and said.stat().st_size > MOST_LOG:
            said.replace(said.with_suffix(".old.log"))
        with said.open("ab") as file:
            return subprocess.Popen(
                [sys.executable, "-m", module],
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=file,
                start_new_session=True,
                env=environment,
            )
    except OSError as error:
        raise StoreError(f"{module} could not be started: {error.strerror}.") from error
