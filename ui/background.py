"""Work that takes longer than a page may wait: in a thread, with progress, and cancelled at a word.

It is the server's, not the tab's: a page that is loaded anew finds it again by its key, and two
presses that ask for the same begin it once.
"""

from __future__ import annotations

import logging
from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import BoundedSemaphore, Event, Lock, Thread
from typing import Any

from aecore.errors import AecoreError

LOG = logging.getLogger("autoencoder-lab")
MOST = 128
"""Works that are remembered; the oldest that are over go first."""
_AT_ONCE = BoundedSemaphore(2)
_ASIDE = BoundedSemaphore(1)
"""What nobody waits for stands in a line of its own."""
_works: OrderedDict[Hashable, Work] = OrderedDict()
_lock = Lock()


class Work:
    """One thing under way. words: what it does just now; share: how much is done, 0 to 1."""

    def __init__(self, action: Callable[[Work], Any], line: BoundedSemaphore) -> None:
        """action: says how far it is by `tell`, and asks `cancelled` itself."""
        self.words, self.share, self.over = "waiting for its turn", 0.0, False
        self.result: Any = None
        self.problem = ""
        self._cancel = Event()
        self._action, self._line = action, line
        Thread(target=self._run, daemon=True).start()

    def tell(self, words: str, share: float = 0.0) -> None:
        """How far it is."""
        self.words, self.share = words, min(max(share, 0.0), 1.0)

    def cancel(self) -> None:
        """Have it end soon."""
        self._cancel.set()

    def cancelled(self) -> bool:
        """Whether somebody wants it to end."""
        return self._cancel.is_set()

    def _run(self) -> None:
        try:
            with self._line:
                if not self.cancelled():
                    self.result = self._action(self)
        except AecoreError as error:
            self.problem = str(error)
        except Exception:
            LOG.exception("work in the background failed")
            self.problem = "Something went wrong here that should not have; try again."
        finally:
            self.over = True


def begin(key: Hashable, action: Callable[[Work], Any], *, aside: bool = False) -> Work:
    """The work of this key, begun now unless it was before; aside: behind what people wait for."""
    with _lock:
        if key not in _works:
            for old in [k for k, work in _works.items() if work.over][: len(_works) - MOST + 1]:
                del _works[old]
            _works[key] = Work(action, _ASIDE if aside else _AT_ONCE)
        return _works[key]


def known(key: Hashable) -> Work | None:
    """The work of this key, if it was begun."""
    with _lock:
        return _works.get(key)


def forget_about(*words: Hashable) -> None:
    """Forget all works that have these in their keys."""
    with _lock:
        keys = [key for key in _works if isinstance(key, tuple) and set(words) <= set(key)]
    for key in keys:
        forget(key)


def forget(key: Hashable) -> None:
    """End it, and begin anew when it is asked for the next time."""
    with _lock:
        work = _works.pop(key, None)
    if work is not None:
        work.cancel()
