"""Who is at the other end: the owner on a laptop; on a server a browser with a signed cookie.

The cookie holds nothing but a random name for the browser. Whom that browser acts for (itself, a
login, a space carried over by a personal link) is the catalogue's business.
"""

from __future__ import annotations

import hmac
import os
import secrets
import time
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

import streamlit as st
from itsdangerous import BadData, URLSafeSerializer, URLSafeTimedSerializer
from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from aecore.catalog.people import NOBODY, OWNER, Person, person_of, server_mode
from aecore.catalog.store import Catalog
from aecore.errors import InputError, StoreError
from aecore.paths import home

COOKIE = "ael_browser"
YEAR = 365 * 86400
LINK_SECONDS = 30 * 86400
THE_OWNER = Person(OWNER, "owner")
TRIES_A_MINUTE = 5


def whoever(catalog: Catalog, cookies: Mapping[str, str]) -> Person:
    """Who sends these cookies."""
    if not server_mode():
        return THE_OWNER
    browser = browser_of(cookies)
    if not browser:
        return NOBODY
    person = person_of(catalog, browser)
    # Where people log in, a browser alone is nobody.
    return NOBODY if login_configured() and person.id == browser else person


def browser_of(cookies: Mapping[str, str]) -> str:
    """The browser's name in a cookie that we signed; else nothing."""
    try:
        return str(_cookies(str(home())).loads(cookies.get(COOKIE, "")[:300]))
    except BadData:
        return ""


def login_configured() -> bool:
    """Whether Streamlit's own login (OIDC) is set up in secrets.toml."""
    try:
        return "auth" in st.secrets
    except FileNotFoundError:
        return False


def personal_token(person: Person) -> str:
    """What a personal link carries: it lets another browser into the same private space."""
    return _links(str(home())).dumps(person.id)


def read_personal_token(token: str) -> str:
    """Whose link it is. Raises InputError for one that we did not sign, or older than 30 days."""
    try:
        return str(_links(str(home())).loads(token[:300], max_age=LINK_SECONDS))
    except BadData:
        raise InputError(
            "This personal link does not hold, or not any more; make a new one in the browser "
            "that has your runs, under Your space."
        ) from None


def is_admin_token(token: str) -> bool:
    """Whether this is the administrator's token; at most five tries a minute.

    Raises InputError where there is none to compare with, and after too many tries.
    """
    expected = os.environ.get("AECORE_ADMIN_TOKEN", "").strip()
    if len(expected) < 12:
        raise InputError(
            "No administrator's token is set: start the server with AECORE_ADMIN_TOKEN of at "
            "least 12 characters."
        )
    _TRIES[:] = [at for at in _TRIES if time.monotonic() - at < 60]
    if len(_TRIES) >= TRIES_A_MINUTE:
        raise InputError("Too many tries; wait a minute.")
    _TRIES.append(time.monotonic())
    return hmac.compare_digest(token.encode(), expected.encode())


_TRIES: list[float] = []


@lru_cache(maxsize=4)
def _cookies(root: str) -> URLSafeSerializer:
    return URLSafeSerializer(_secret(Path(root)), salt="browser")


@lru_cache(maxsize=4)
def _links(root: str) -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(_secret(Path(root)), salt="personal link")


def _secret(root: Path) -> str:
    """What cookies are signed with: AECORE_SECRET, else a file of the home, made once."""
    given = os.environ.get("AECORE_SECRET", "").strip()
    if given:
        return given
    path = root / "secret.key"
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text()
    except OSError as error:
        raise StoreError(f"Could not write {path}: {error.strerror}.") from error
    with os.fdopen(handle, "w") as file:
        file.write(secrets.token_urlsafe(32))
    return path.read_text()


class GiveCookie:
    """Middleware: a browser that asks for a page without our cookie gets one."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on; add the cookie to the answer where it is missing."""
        if not _wants_cookie(scope):
            await self.app(scope, receive, send)
            return
        secure = Request(scope).headers.get("x-forwarded-proto", scope["scheme"]) == "https"

        async def give(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).append("set-cookie", _new_cookie(secure))
            await send(message)

        await self.app(scope, receive, give)


def _wants_cookie(scope: Scope) -> bool:
    if scope["type"] != "http" or scope["method"] != "GET" or not server_mode():
        return False
    request = Request(scope)
    page = "text/html" in request.headers.get("accept", "")
    return page and not browser_of(request.cookies)


def _new_cookie(secure: bool) -> str:
    value = _cookies(str(home())).dumps("b" + secrets.token_hex(16))
    flags = "; Secure" if secure else ""
    return f"{COOKIE}={value}; Path=/; Max-Age={YEAR}; HttpOnly; SameSite=Lax{flags}"
