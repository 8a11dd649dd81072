"""Where files go: data sets under `data_root()`, everything a person makes under `home()`.

Both read the environment at each call, so a test or a launcher may set it late; an empty value
counts as unset.
"""

import os
from pathlib import Path

from platformdirs import user_data_path

from aecore.errors import HomeUnusable

APP = "autoencoder-lab"


def data_root() -> Path:
    """Folder of the downloaded data sets: AECORE_DATA, else `data` in the user's data folder.

    It need not exist: whoever downloads creates it.
    """
    return _from_environment("AECORE_DATA") or user_data_path(APP, appauthor=False) / "data"


def home() -> Path:
    """Folder of runs and exports: AECORE_HOME, else the user's data folder; created if missing.

    Raises HomeUnusable where it cannot be created or written.
    """
    path = _from_environment("AECORE_HOME") or user_data_path(APP, appauthor=False)
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError:
        raise _unwritable(path) from None
    if not os.access(path, os.W_OK | os.X_OK):
        raise _unwritable(path)
    return path


def _from_environment(variable: str) -> Path | None:
    value = os.environ.get(variable, "").strip()
    return Path(value).expanduser().absolute() if value else None


def _unwritable(path: Path) -> HomeUnusable:
    return HomeUnusable(f"Cannot write to {path}: set AECORE_HOME to a folder you may write to.")
