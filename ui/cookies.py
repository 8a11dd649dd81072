"""The one cookie of ours: a signed random name for the browser, and nothing else."""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

from filelock import FileLock
from itsdangerous import BadData, URLSafeSerializer
from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from aecore.catalog.people import server_mode
from aecore.errors import AecoreError, InputError, StoreError
from aecore.paths import home
from ui.login import login_configured

COOKIE = "ael_browser"
SAFE_COOKIE = f"__Host-{COOKIE}"
"""Its name over https: browsers let no other site of the same domain set a cookie named so."""
YEAR = 365 * 86400
LONGEST = 300
"""Characters of a cookie that are looked at."""
SHORTEST_SECRET = 16


def browser_of(cookies: Mapping[str, str]) -> str:
    """The browser's name in a cookie that we signed; else nothing."""
    return _read(cookies.get(SAFE_COOKIE)) or _read(cookies.get(COOKIE))


def _read(cookie: str | None) -> str:
    if not cookie:
        return ""
    try:
        return str(_signer(str(home())).loads(cookie[:LONGEST]))
    except (BadData, UnicodeError):
        return ""


def new_cookie(*, secure: bool) -> str:
    """What gives a browser a new name: the value of a Set-Cookie header."""
    value = _signer(str(home())).dumps("b" + secrets.token_hex(16))
    name, flags = (SAFE_COOKIE, "; Secure") if secure else (COOKIE, "")
    return f"{name}={value}; Path=/; Max-Age={YEAR}; HttpOnly; SameSite=Lax{flags}"


@lru_cache(maxsize=4)
def _signer(root: str) -> URLSafeSerializer:
    return URLSafeSerializer(secret(Path(root)), salt="browser")


def secret(root: Path) -> str:
    """What we sign with: AECORE_SECRET, else a file of the home, made once.

    Raises InputError for one that could be guessed, StoreError where the disk refuses.
    """
    found = os.environ.get("AECORE_SECRET", "").strip()
    path = root / "secret.key"
    if not found:
        try:
            with FileLock(root / "secret.lock"):  # two servers may start together
                if not path.exists():
                    _write_secret(path)
                found = path.read_text()
        except OSError as error:
            raise StoreError(f"Could not read or write {path}: {error.strerror}.") from error
    if len(found) < SHORTEST_SECRET:
        raise InputError(
            f"AECORE_SECRET, or {path}: expected at least {SHORTEST_SECRET} characters that "
            "nobody can guess; `openssl rand -base64 32` prints some."
        )
    return found


def _write_secret(path: Path) -> None:
    # Whole or not at all, also in a power cut: without it no browser finds its runs again.
    temporary = path.with_suffix(".part")
    temporary.unlink(missing_ok=True)
    handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w") as file:
        file.write(secrets.token_urlsafe(32))
        file.flush()
        os.fsync(handle)
    temporary.replace(path)


class GiveCookie:
    """Middleware: a browser that asks for a page without our cookie gets one."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on; add the cookie to the answer where it is missing."""
        cookie = _cookie_for(Request(scope)) if scope["type"] == "http" else None

        async def give(message: Message) -> None:
            if cookie and message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.append("set-cookie", cookie)
                headers["cache-control"] = "private, no-store"  # no proxy hands it to others
            await send(message)

        await self.app(scope, receive, give)


def _cookie_for(request: Request) -> str | None:
    """The cookie that an answer is to bring, where it is to bring one."""
    page = request.method == "GET" and "text/html" in request.headers.get("accept", "")
    try:
        if not page or not server_mode():
            return None
        secure = _secure(request)
        cookies = request.cookies
        known = _read(cookies.get(SAFE_COOKIE)) if secure else browser_of(cookies)
        return None if known and not _logs_in(request) else new_cookie(secure=secure)
    except AecoreError:
        return None  # the page itself meets the same error, and tells it


def _logs_in(request: Request) -> bool:
    """Whether somebody logs in: then the browser gets a new name.

    A name that somebody else planted before must not be the one that is logged in.
    """
    return request.url.path.endswith("/oauth2callback") and login_configured()


def _secure(request: Request) -> bool:
    told = request.headers.get("x-forwarded-proto", request.scope["scheme"])
    return told.split(",")[0].strip() == "https"
