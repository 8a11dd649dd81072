"""Presses that follow each other fast: what one began is done before the next is heard.

As soon as the browser sends another message, Streamlit ends what runs at its next touch of state,
by a RerunException that holds the message. In a callback that would be in the middle: a run is
queued, and the link to it never written. What redraws a part of the page every few seconds sends
such messages too; taken for a wish of the callback, one keeps the rest from being drawn.
"""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import replace
from functools import wraps
from typing import Any

from streamlit.runtime.scriptrunner import RerunException

_waiting: ContextVar[list[RerunException] | None] = ContextVar("waiting", default=None)


def to_the_end(callback: Callable[..., object]) -> Callable[..., None]:
    """A widget's callback that goes on to its end where it touches state through `Calm`."""

    @wraps(callback)
    def whole(*values: Any) -> None:
        if _waiting.get() is not None:  # within another
            callback(*values)
            return
        waiting: list[RerunException] = []
        token = _waiting.set(waiting)
        try:
            callback(*values)
        finally:
            _waiting.reset(token)
        asked = [each.rerun_data for each in waiting if not each.rerun_data.is_auto_rerun]
        if asked:
            raise RerunException(replace(asked[-1], fragment_id=None, fragment_id_queue=[]))

    return whole


class Calm:
    """A mapping of Streamlit's whose operations are done again where a message came between."""

    def __init__(self, mapping: Callable[[], Any]) -> None:
        self._mapping = mapping

    def _do(self, name: str, *values: Any) -> Any:
        while True:
            try:
                return getattr(self._mapping(), name)(*values)
            except RerunException as asked:
                waiting = _waiting.get()
                if waiting is None:
                    raise
                waiting.append(asked)

    def __getitem__(self, key: str) -> Any:
        return self._do("__getitem__", key)

    def __setitem__(self, key: str, value: Any) -> None:
        self._do("__setitem__", key, value)

    def __contains__(self, key: str) -> bool:
        return bool(self._do("__contains__", key))

    def get(self, key: str, default: Any = None) -> Any:
        """As a dictionary's."""
        return self._do("get", key, default)

    def pop(self, key: str, default: Any = None) -> Any:
        """As a dictionary's."""
        return self._do("pop", key, default)

    def copy(self) -> dict[str, Any]:
        """All that is in it."""
        return dict(self._do("items"))

    def replace(self, values: Any) -> None:
        """Have these values and no others; the link only."""
        self._do("from_dict", values)
