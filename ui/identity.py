"""Who is at the other end: the owner on a laptop; on a server a browser with a signed cookie.

Whom a browser acts for (itself, a login, a space carried over by a personal link) is the
catalogue's business.
"""

from __future__ import annotations

import hmac
import os
import time
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from threading import Lock

from itsdangerous import BadData, URLSafeTimedSerializer

from aecore.catalog.people import NOBODY, OWNER, Person, is_account, person_of, server_mode
from aecore.catalog.store import Catalog
from aecore.errors import InputError
from aecore.paths import home
from ui.cookies import browser_of, secret
from ui.login import login_configured

LINK_SECONDS = 30 * 86400
LONGEST = 300
"""Characters of a personal link that are looked at."""
THE_OWNER = Person(OWNER, "owner")
TRIES_A_MINUTE = 5
SHORTEST_TOKEN = 12


def whoever(catalog: Catalog, cookies: Mapping[str, str]) -> Person:
    """Who sends these cookies. Raises InputError or StoreError."""
    if not server_mode():
        return THE_OWNER
    browser = browser_of(cookies)
    if not browser:
        return NOBODY
    person = person_of(catalog, browser)
    # Where people log in, a browser alone is nobody.
    return NOBODY if login_configured() and not is_account(person.id) else person


def personal_token(person: Person) -> str:
    """What a personal link carries: it lets another browser into the same private space.

    Raises InputError where people log in: there a login does this, and ends.
    """
    if login_configured():
        raise InputError("There is no personal link here; log in on the other device instead.")
    return _links(str(home())).dumps(person.id)


def read_personal_token(token: str) -> str:
    """Whose link it is. Raises InputError for one that we did not sign, or older than 30 days."""
    try:
        who = str(_links(str(home())).loads(token[:LONGEST], max_age=LINK_SECONDS))
    except (BadData, UnicodeError):
        who = ""
    if not who or login_configured():
        raise InputError(
            "This personal link does not hold, or not any more; make a new one in the browser "
            "that has your runs, under Your space."
        )
    return who


@lru_cache(maxsize=4)
def _links(root: str) -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(secret(Path(root)), salt="personal link")


def is_admin_token(token: str) -> bool:
    """Whether this is the administrator's token; at most five wrong tries a minute.

    Raises InputError where there is none to compare with, and after too many tries.
    """
    expected = os.environ.get("AECORE_ADMIN_TOKEN", "").strip()
    if len(expected) < SHORTEST_TOKEN:
        raise InputError(
            "No administrator's token is set: start the server with AECORE_ADMIN_TOKEN of at "
            f"least {SHORTEST_TOKEN} characters."
        )
    with _TRYING:
        _WRONG[:] = [at for at in _WRONG if time.monotonic() - at < 60]
        if len(_WRONG) >= TRIES_A_MINUTE:
            raise InputError("Too many tries; wait a minute.")
        right = hmac.compare_digest(token.encode("utf-8", "replace"), expected.encode())
        if not right:
            _WRONG.append(time.monotonic())
    return right


_WRONG: list[float] = []
_TRYING = Lock()
