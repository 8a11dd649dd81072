"""Files on their way in: how many bytes of them may lie in the server's memory, and letting go.

Streamlit bounds the size of one file and of nothing else: what a tab sends lies in memory until
the tab is closed, however much that is.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

import streamlit as st
from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send
from streamlit import runtime
from streamlit.runtime.scriptrunner import get_script_run_ctx
from streamlit.runtime.uploaded_file_manager import UploadedFile

PLACE = "/_stcore/upload_file/"
MOST_OF_ALL = 1_000_000_000
"""Bytes of all tabs that lie in memory, or are on their way, at a time."""
MOST_OF_A_TAB = 500_000_000


class BoundUploads:
    """Middleware: refuses a file before a byte of it is read where too much lies in memory."""

    def __init__(
        self, app: ASGIApp, most: int = MOST_OF_ALL, most_of_a_tab: int = MOST_OF_A_TAB
    ) -> None:
        self.app, self.most, self.most_of_a_tab = app, most, most_of_a_tab
        self.coming: Counter[str] = Counter()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on, or refuse."""
        tab = _sender(scope)
        if not tab:
            await self.app(scope, receive, send)
            return
        size = _announced(scope)
        # From here to the sum nothing is awaited, so that no two count the same room.
        if (refusal := self._refusal(tab, size)) is not None:
            await refusal(scope, receive, send)
            return
        self.coming[tab] += size
        try:
            await self.app(scope, receive, send)
        finally:
            self.coming -= Counter({tab: size})  # which forgets the tabs that are done

    def _refusal(self, tab: str, size: int) -> Response | None:
        held = _held()
        if held.get(tab, 0) + self.coming[tab] + size > self.most_of_a_tab:
            return _told(
                413,
                f"One tab may send {self.most_of_a_tab // 10**6} MB at a time; wait until what it "
                "sent was looked at, or give one zip.",
            )
        if sum(held.values()) + self.coming.total() + size > self.most:
            return _told(
                503, "Others are sending large files just now; send yours again in a minute."
            )
        return None


def let_go(files: Iterable[UploadedFile]) -> None:
    """Free the memory of files that were copied to where they belong."""
    context = get_script_run_ctx()
    if context is None:
        return
    for file in files:
        # Only the manager that keeps files in memory has something to free.
        remove = getattr(context.uploaded_file_mgr, "remove_file", None)
        if remove is not None:
            remove(session_id=context.session_id, file_id=file.file_id)


def _sender(scope: Scope) -> str:
    """The tab that sends a file with this request; empty for every other request."""
    if scope["type"] != "http" or scope["method"] != "PUT":
        return ""
    _, place, rest = scope["path"].partition(PLACE)
    return rest.partition("/")[0] if place else ""


def _announced(scope: Scope) -> int:
    """How many bytes a request says it has; as many as a file may have where it does not say."""
    length = Headers(scope=scope).get("content-length", "")
    return int(length) if length.isdecimal() else int(st.get_option("server.maxUploadSize")) << 20


def _held() -> Mapping[str, int]:
    """Bytes in memory by tab."""
    if not runtime.exists():
        return {}
    kept: Mapping[str, Mapping[str, Any]] = getattr(
        runtime.get_instance().uploaded_file_mgr, "file_storage", {}
    )
    # Other threads change these: a list of a dictionary is made in one piece.
    return {tab: sum(len(file.data) for file in list(files.values()))
            for tab, files in list(kept.items())}  # fmt: skip


def _told(status: int, sentence: str) -> Response:
    return PlainTextResponse(sentence, status, {"Retry-After": "60"})
