"""Middleware for every answer: the headers that Streamlit leaves out, and whom we answer to."""

from __future__ import annotations

from urllib.parse import urlsplit

import streamlit as st
from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from starlette.websockets import WebSocketClose

from aecore.catalog.people import server_mode
from aecore.errors import AecoreError

HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "SAMEORIGIN",
    "Referrer-Policy": "same-origin",  # a link that shares a run must not travel to other sites
    "X-Robots-Tag": "noindex",
    # An image of another site would tell it who looks at a page, and when.
    "Content-Security-Policy": "img-src 'self' data: blob:; object-src 'none'; base-uri 'self'",
}
LOCAL = ("localhost", "127.0.0.1", "::1")


class AddHeaders:
    """Middleware: what tells a browser to be careful with our answers."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on; add what the answer does not have."""

        async def careful(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        await self.app(scope, receive, careful)


class KnownHosts:
    """Middleware: on a laptop only its own names are answered to, by page, route and socket.

    There everybody who gets an answer is the owner, and the page of a stranger can give its own
    name our address (DNS rebinding). `server.allowedHosts` names further ones; on a server it
    names all, and where it is empty any will do, as with Streamlit.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on, or refuse."""
        if scope["type"] == "lifespan" or _known(Headers(scope=scope).get("host", "")):
            await self.app(scope, receive, send)
        elif scope["type"] == "websocket":
            await WebSocketClose(1008)(scope, receive, send)
        else:
            await _refusal()(scope, receive, send)


def _known(host: str) -> bool:
    names = {name.strip().lower() for name in st.get_option("server.allowedHosts")}
    if not _many():
        names |= {*LOCAL, str(st.get_option("server.address") or LOCAL[0]).lower()}
    name = _name(host)
    wild = any(pattern[:2] == "*." and name.endswith(pattern[1:]) for pattern in names)
    return not names or "*" in names or name in names or wild


def _many() -> bool:
    try:
        return server_mode()
    except AecoreError:
        return False  # the page tells what is wrong with the mode


def _name(host: str) -> str:
    """The name in a Host header, without its port."""
    try:
        return (urlsplit(f"//{host}").hostname or "").rstrip(".")
    except ValueError:
        return ""


def _refusal() -> Response:
    return PlainTextResponse(
        "The lab does not answer to this name: write localhost instead of it, or start the lab "
        "with --server.allowedHosts and the name.",
        403,
    )
