"""Where a run computes, and the random state of that place."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext

import torch
from torch import Tensor

from aecore.errors import InputError
from aecore.training.config import TrainConfig


def pick_device(wanted: str) -> torch.device:
    """The device that a config's `device` means here. Raises InputError where it is absent."""
    have = {
        "cuda": torch.cuda.is_available(),
        "mps": torch.backends.mps.is_available(),
        "cpu": True,
    }
    if wanted == "auto":
        return torch.device(next(name for name, there in have.items() if there))
    if not have.get(wanted):
        there = ", ".join(name for name, found in have.items() if found)
        raise InputError(f"This machine has no device {wanted!r}; choose auto or: {there}.")
    return torch.device(wanted)


def precision(config: TrainConfig, device: torch.device) -> AbstractContextManager[object]:
    """The context in which a loss is computed. bfloat16 needs no loss scaling."""
    on_card = device.type == "cuda" and torch.cuda.is_bf16_supported()
    if config.precision == "bfloat16" or (config.precision == "auto" and on_card):
        return torch.autocast(device.type, torch.bfloat16)
    return nullcontext()


def random_state(device: torch.device) -> dict[str, Tensor]:
    """The state of torch's global generators that a run on this device draws from."""
    state = {"cpu": torch.get_rng_state()}
    if device.type == "cuda":
        state["cuda"] = torch.cuda.get_rng_state(device)
    if device.type == "mps":
        state["mps"] = torch.mps.get_rng_state()
    return state


def set_random_state(device: torch.device, state: dict[str, Tensor]) -> None:
    """Put back what `random_state` gave."""
    torch.set_rng_state(state["cpu"])
    if device.type == "cuda" and "cuda" in state:
        torch.cuda.set_rng_state(state["cuda"], device)
    if device.type == "mps" and "mps" in state:
        torch.mps.set_rng_state(state["mps"])
