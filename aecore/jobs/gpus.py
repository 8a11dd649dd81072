"""Graphics cards of this machine, counted without touching CUDA.

torch's own count would open a context of hundreds of megabytes in the process that asks, so this
asks the driver's management library. Cards are numbered in the order of their PCI buses.
"""

from __future__ import annotations

import ctypes
import os
from functools import cache

from aecore.jobs.engine import Gpu


class _Memory(ctypes.Structure):
    """nvmlMemory_t: bytes."""

    _fields_ = (
        ("total", ctypes.c_ulonglong),
        ("free", ctypes.c_ulonglong),
        ("used", ctypes.c_ulonglong),
    )


def list_gpus(node: str) -> tuple[Gpu, ...]:
    """The cards that this process may use; none where there is no NVIDIA driver."""
    library = _library()
    if library is None:
        return ()
    count = ctypes.c_uint()
    if library.nvmlDeviceGetCount_v2(ctypes.byref(count)) != 0:
        return ()
    found = (_gpu(library, node, index) for index in range(count.value) if _visible(index))
    return tuple(gpu for gpu in found if gpu is not None)


@cache
def _library() -> ctypes.CDLL | None:
    name = "nvml.dll" if os.name == "nt" else "libnvidia-ml.so.1"
    try:
        library = ctypes.CDLL(name)
    except OSError:
        return None
    return library if library.nvmlInit_v2() == 0 else None


def _gpu(library: ctypes.CDLL, node: str, index: int) -> Gpu | None:
    device, memory = ctypes.c_void_p(), _Memory()
    if library.nvmlDeviceGetHandleByIndex_v2(index, ctypes.byref(device)) != 0:
        return None
    if library.nvmlDeviceGetMemoryInfo(device, ctypes.byref(memory)) != 0:
        return None
    return Gpu(node, index, memory.total, memory.free)


def _visible(index: int) -> bool:
    """CUDA_VISIBLE_DEVICES may name a part of the cards, by their numbers."""
    named = os.environ.get("CUDA_VISIBLE_DEVICES")
    return named is None or str(index) in [part.strip() for part in named.split(",")]
