"""Runs: what was asked for, where it is kept, how it stands."""

from aecore.runs.checks import Cost, check
from aecore.runs.spec import CHOICES, RunSpec
from aecore.runs.status import Status, read_status
from aecore.runs.store import Run, RunStore

__all__ = ["CHOICES", "Cost", "Run", "RunSpec", "RunStore", "Status", "check", "read_status"]
