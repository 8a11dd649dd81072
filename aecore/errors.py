"""Every error that aecore raises on purpose.

AecoreError
├── InputError           what was asked for cannot work; nothing was started
│   ├── UnknownName      no data set, variant, network, corruption or run of that name
│   ├── DataUnavailable  a data set's files are missing, damaged or out of reach
│   └── NewerVersion     a run that a newer version of this code has made
├── StoreError           the disk did not take or give what a run needs
│   ├── HomeUnusable     AECORE_HOME names no folder that can be written (an InputError too)
│   └── CheckpointDamaged  a checkpoint does not match its manifest
├── RunFailed            a run started and could not go on
├── Fenced               a newer attempt at the run has taken over; this one writes no more
└── ProcessLost          of several processes that train a run together, another is gone

The text of each is one sentence for the person at the screen: what was given, what was
expected, what to do. `except InputError` is what a form or the command line catches.
"""

from collections.abc import Iterable
from difflib import get_close_matches


class AecoreError(Exception):
    """The root: catch it to show any of these to a person."""


class InputError(AecoreError, ValueError):
    """What was asked for cannot work; nothing was started."""


class UnknownName(InputError):
    """A name that is in no registry and no store."""

    def __init__(self, kind: str, name: object, known: Iterable[str]) -> None:
        names = sorted(known)
        close = get_close_matches(str(name), names, n=1)
        hint = f"; did you mean {close[0]!r}?" if close else "."
        choices = f" Known: {', '.join(names)}." if names else ""
        super().__init__(f"There is no {kind} {str(name)[:80]!r}{hint}{choices}")


class DataUnavailable(InputError):
    """A data set's files are missing, damaged or out of reach."""


class NewerVersion(InputError):
    """A run that a newer version of this code has made."""


class StoreError(AecoreError, OSError):
    """The disk did not take or give what a run needs."""


class HomeUnusable(StoreError, InputError):
    """AECORE_HOME names no folder that can be written."""


class CheckpointDamaged(StoreError):
    """A checkpoint does not match its manifest."""


class RunFailed(AecoreError, RuntimeError):
    """A run started and could not go on; `reason` is its code in the store."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


class Fenced(AecoreError):
    """A newer attempt at the run has taken over; this one writes no more."""


class ProcessLost(AecoreError):
    """Of several processes that train a run together, another is gone."""
