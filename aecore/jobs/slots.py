"""How many runs the machine does at a time, and whether one more has room."""

from __future__ import annotations

import os
from collections.abc import Sequence

import psutil

from aecore.catalog.queue import SHELL
from aecore.catalog.rows import RunRow
from aecore.errors import InputError
from aecore.jobs.engine import Capacity, Need
from aecore.runs.spec import RunSpec

OTHERS = 4e9
"""Bytes of memory that are left to the system, the app and its supervisor."""
EACH = 2e9
"""Bytes of memory for one run in the usual case; the largest are held against what is free."""
FLOOR = 1e9
SLACK = 2
"""A worker's limit in bytes: the floor and twice the estimate, so that only a mistake meets it."""
OVERHEAD = 3e8
"""Bytes that a worker takes beside what the estimate counts."""
HEAD_ROOM = 0.9
MOST_SLOTS = 1000


def slots_of(capacity: Capacity) -> int:
    """Runs at a time: AECORE_SLOTS, else one a core, and fewer where memory is short."""
    text = os.environ.get("AECORE_SLOTS", "").strip()
    if text:
        if not text.isdecimal() or not 1 <= int(text) <= MOST_SLOTS:
            raise InputError(
                f"AECORE_SLOTS: expected a whole number from 1 to {MOST_SLOTS}, got {text[:40]!r}."
            )
        return int(text)
    return max(1, min(capacity.slots, int((capacity.memory - OTHERS) / EACH)))


def need_of(row: RunRow, spec: RunSpec, capacity: Capacity) -> Need:
    """What a run takes; a card's memory where it asks for a card, or may have one."""
    wanted = spec.training.device
    on_card = wanted == "cuda" or (wanted == "auto" and bool(capacity.gpus))
    threads = max(1, min(row.threads, capacity.slots))
    return Need(int(FLOOR + SLACK * row.memory), row.gpu_memory if on_card else 0, threads)


def has_room(row: RunRow, at_work: Sequence[RunRow], capacity: Capacity, slots: int) -> bool:
    """Whether a run can start now, beside those at work.

    A card's memory is the engine's business, which knows what each worker was promised.
    """
    busy = [other for other in at_work if other.engine != SHELL]
    if len(busy) >= slots:
        return False
    needed, free = row.memory + OVERHEAD, psutil.virtual_memory().available
    promised = sum(other.memory + OVERHEAD for other in busy)
    fits = promised + needed <= HEAD_ROOM * capacity.memory and needed <= free
    return fits or not busy  # alone, it may try: its limit protects the others
