"""What a worker may take of its machine: memory, threads, a graphics card."""

from __future__ import annotations

import json
import os
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

import torch

from aecore.errors import InputError

NICENESS = 10
OPEN_FILES = 1024


@dataclass(frozen=True)
class Limits:
    """Bytes beyond what the process has already, threads, and the card that the run sees.

    gpu is None for a run on the processor; gpu_share is the share of the card's memory, 0 to 1.
    """

    memory: int
    threads: int = 1
    gpu: int | None = None
    gpu_share: float = 1.0

    def to_json(self) -> str:
        """One line that `from_json` reads."""
        return json.dumps(asdict(self))

    @staticmethod
    def from_json(text: str) -> Limits:
        """Raises InputError for anything else."""
        try:
            return Limits(**json.loads(text))
        except (TypeError, ValueError) as error:
            raise InputError(
                f"{text[:80]!r} is no limit of a worker: expected what Limits.to_json wrote."
            ) from error


def apply(limits: Limits) -> None:
    """Bind this process, for good. Where a system knows a limit not, it is left out.

    Memory is limited on Linux and for the processor only: CUDA reserves addresses far beyond
    what it uses, and has a limit of its own.
    """
    os.environ["OMP_NUM_THREADS"] = str(limits.threads)
    torch.set_num_threads(limits.threads)
    os.environ["CUDA_DEVICE_ORDER"] = "PCI_BUS_ID"  # the order in which cards were counted
    os.environ["CUDA_VISIBLE_DEVICES"] = "" if limits.gpu is None else str(limits.gpu)
    if limits.gpu is not None:
        torch.cuda.set_per_process_memory_fraction(limits.gpu_share)
    if sys.platform == "win32":
        return
    os.nice(NICENESS)
    import resource

    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    _soften(resource.RLIMIT_NOFILE, OPEN_FILES)
    if sys.platform == "linux" and limits.gpu is None:
        _soften(resource.RLIMIT_DATA, _data_size() + limits.memory)


def lift_memory() -> None:
    """Take the memory limit off again, to write down that it was met."""
    if sys.platform == "linux":
        import resource

        hard = resource.getrlimit(resource.RLIMIT_DATA)[1]
        resource.setrlimit(resource.RLIMIT_DATA, (hard, hard))


def _soften(kind: int, most: int) -> None:
    """Set a soft limit, so that the process itself may lift it."""
    import resource

    hard = resource.getrlimit(kind)[1]
    soft = most if hard == resource.RLIM_INFINITY else min(most, hard)
    resource.setrlimit(kind, (soft, hard))


def _data_size() -> int:
    """Bytes of this process that RLIMIT_DATA counts."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmData:"):
            return int(line.split()[1]) * 1024
    return 0
