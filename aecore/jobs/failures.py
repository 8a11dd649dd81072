"""Why a run broke off, told from the exception: a state, a code and one sentence with a way out."""

from __future__ import annotations

import errno
from dataclasses import dataclass
from typing import Literal

import torch

from aecore.errors import AecoreError, DataUnavailable, InputError, RunFailed, StoreError
from aecore.runs.checks import estimate
from aecore.runs.spec import RunSpec
from aecore.runs.store import Run

MEMORY = (
    "out of memory",
    "can't allocate memory",
    "DefaultCPUAllocator",
    "bad_alloc",
    "can't start new thread",  # a thread's stack is memory too
)
DEVICE = ("CUDA error", "device-side assert", "CUBLAS", "CUDNN", "cuDNN error", "NCCL error")
DISK = ("unexpected pos",)
"""Words by which torch's RuntimeErrors can be told apart."""
FULL = (errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EROFS)


@dataclass(frozen=True)
class Failure:
    """What the run's status will say. A paused run can go on once its reason is mended."""

    state: Literal["failed", "paused"]
    reason: str
    message: str


def failure_of(error: Exception, run: Run) -> Failure:
    """What went wrong, from an exception that ended a run's training."""
    if isinstance(error, DataUnavailable):
        return Failure("paused", "data", str(error))
    if isinstance(error, StoreError):
        return Failure("paused", "disk", str(error))
    if isinstance(error, AecoreError):
        reason = error.reason if isinstance(error, RunFailed) else "input"
        return Failure("failed", reason, str(error))
    if _no_memory(error):
        return Failure("failed", "memory", _memory_sentence(run.spec))
    if _says(error, DEVICE):
        return Failure("failed", "device", _device_sentence(error))
    if _says(error, DISK) or (isinstance(error, OSError) and error.errno in FULL):
        message = "The disk did not take what the run wrote; free some space, then go on."
        return Failure("paused", "disk", message)
    message = f"Training broke off with an unexpected error ({type(error).__name__}); "
    message += f"log.txt in the folder of run {run.id} tells where."
    return Failure("failed", "error", message)


def smaller_batch(spec: RunSpec) -> int | None:
    """The largest batch, by halving, that is estimated to take half the memory."""
    cost = estimate(spec)
    batch = min(spec.training.batch_size, cost.train_images)
    while batch > 2:  # batch norm needs two
        batch //= 2
        changed = RunSpec.from_flat({**spec.to_flat(), "batch_size": batch})
        if estimate(changed).memory <= cost.memory / 2:
            return batch
    return None


def _no_memory(error: Exception) -> bool:
    return isinstance(error, torch.OutOfMemoryError | MemoryError) or _says(error, MEMORY)


def _says(error: Exception, words: tuple[str, ...]) -> bool:
    return isinstance(error, RuntimeError) and any(word in str(error) for word in words)


def _memory_sentence(spec: RunSpec) -> str:
    try:
        size = max(1, round(estimate(spec).memory / 1e6))
        needed, batch = f"{size:,} MB or more", smaller_batch(spec)
    except InputError:  # the data set that it counts on is gone
        needed, batch = "more memory", None
    advice = f"a batch of {batch} images" if batch else "a smaller batch, width or code size"
    return f"The run needs {needed} and there was not enough memory for it; choose {advice}."


def _device_sentence(error: Exception) -> str:
    line = str(error).splitlines()[0].strip().rstrip(".")[:160]
    return (
        f"The graphics card reported an error ({line}). What was saved is kept; go on from there, "
        "or train on the processor."
    )
