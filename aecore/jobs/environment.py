"""The environment that a worker gets: what it needs to find its files, and none of our secrets."""

from __future__ import annotations

import os
from pathlib import Path

KEPT = (
    "PATH", "HOME", "USER", "LANG", "TMPDIR", "TEMP", "TMP", "TZ", "VIRTUAL_ENV", "LD_LIBRARY_PATH",
    "SYSTEMROOT", "USERPROFILE", "APPDATA", "LOCALAPPDATA", "AECORE_DATA", "SSL_CERT_FILE",
    "SSL_CERT_DIR", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy",
    "no_proxy",
)  # fmt: skip
KEPT_GROUPS = ("LC_", "XDG_", "CUDA_", "NVIDIA_", "TORCH_", "PYTORCH_")
ONE_THREAD = {
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "JE_ARROW_MALLOC_CONF": "background_thread:false",
}
"""A fork copies one thread only. pandas, which scikit-learn imports, brings Arrow's memory
allocator, and that has a thread of its own."""


def environment(home: Path) -> dict[str, str]:
    """What a worker of this home gets of our own environment."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if name in KEPT or name.startswith(KEPT_GROUPS)
    }
    package = str(Path(__file__).parents[2])  # found also where the app runs from another folder
    path = os.pathsep.join(filter(None, [package, os.environ.get("PYTHONPATH")]))
    return {**kept, **ONE_THREAD, "PYTHONPATH": path, "AECORE_HOME": str(home)}
