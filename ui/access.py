"""The lab as one visitor may see it: the only way from a page or a route to a run."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import streamlit as st
from starlette.requests import Request

from aecore.catalog import access, queue, runs
from aecore.catalog.access import Action
from aecore.catalog.people import (
    Person,
    Quotas,
    account_of,
    log_in,
    log_out,
    person_of,
    quotas,
)
from aecore.catalog.rows import RunRow
from aecore.catalog.standing import standing
from aecore.catalog.store import Catalog
from aecore.catalog.submit import submit
from aecore.errors import InputError
from aecore.jobs.presence import Presence, presence
from aecore.paths import home
from aecore.runs import Cost, Run, RunSpec, RunStore, Status
from aecore.runs.database import Database
from ui.identity import browser_of, login_configured, whoever


@dataclass(frozen=True)
class Seen:
    """A run that somebody may see: its row, its folder, and who that is."""

    row: RunRow
    run: Run
    person: Person

    def may(self, action: Action) -> bool:
        """Whether they may do this, too."""
        return access.may(self.person, action, self.row)


def catalog() -> Catalog:
    """The catalogue of the home that the environment names now."""
    return _catalog(str(home()), os.environ.get("AECORE_DATABASE_URL", ""))


@lru_cache(maxsize=4)
def _catalog(root: str, url: str) -> Catalog:  # noqa: ARG001  the url is half the key
    return Catalog(Path(root))


def visitor() -> Person:
    """Who looks at this page."""
    cookies = st.context.cookies
    if login_configured():
        _follow_login(browser_of(cookies))
    return whoever(catalog(), cookies)


def _follow_login(browser: str) -> None:
    """Have the browser act for whoever is logged in, so that routes know it too."""
    if not browser:
        return
    now = person_of(catalog(), browser).id
    if not st.user.is_logged_in:
        if now != browser:
            log_out(catalog(), browser)
        return
    claims: dict[str, Any] = dict(st.user.to_dict())
    until = float(claims.get("exp") or time.time() + 3600)
    if until < time.time():
        st.logout()  # Streamlit itself does not look
    subject = f"{claims.get('iss', '')} {claims['sub']}"
    if now != account_of(subject):
        log_in(catalog(), browser, subject, until)


def visitor_of(request: Request) -> Person:
    """Who sends a request."""
    return whoever(catalog(), request.cookies)


def see(person: Person, run_id: str, action: Action = "view") -> Seen:
    """A run that a person may do this to.

    Raises UnknownName, in the same words, for one that is not there and one that is not theirs.
    """
    row = access.find(catalog(), person, run_id, action)
    return Seen(row, RunStore()[run_id], person)


def mine(limit: int = 1000, words: str = "") -> list[RunRow]:
    """The visitor's own runs, newest first."""
    return runs.listed(catalog(), visitor().id, words=words, limit=limit)


def status_of(seen: Seen, database: Database | None = None) -> Status:
    """How a run stands, its place in the queue included."""
    place = None
    if seen.row.waiting:
        place = queue.places(catalog(), slots()).get(seen.row.id)
    return standing(seen.row, seen.run, database, place)


def slots() -> int:
    """Runs that the machine does at a time, as the supervisor says."""
    told = supervisor()
    return told.slots if told else 1


def supervisor() -> Presence | None:
    """What the supervisor told last; looked up every two seconds at most."""
    return _supervisor(str(home()), int(time.monotonic() / 2))


@lru_cache(maxsize=4)
def _supervisor(root: str, tick: int) -> Presence | None:  # noqa: ARG001  one look a tick
    return presence(Path(root))


def enter(spec: RunSpec, cost: Cost, seconds: float | None) -> Run:
    """Queue a new run of the visitor. Raises InputError or StoreError."""
    person = visitor()
    if person.role == "nobody":
        raise InputError("Allow this site's cookie and reload: it is what makes your runs yours.")
    return submit(catalog(), person, spec, limits(), cost=cost, seconds=seconds)


def limits() -> Quotas:
    """What a person may ask of the machine."""
    return quotas(catalog())


def obey(seen: Seen, action: str, value: float | None = None) -> None:
    """Do what somebody who may control a run asks. Raises InputError or StoreError."""
    if action == "resume":
        queue.enqueue(catalog(), seen.row, limits())
    else:
        queue.command(catalog(), seen.person, seen.row, action, value)


def counts() -> tuple[int, int]:
    """How many runs train, and how many wait, of everybody's."""
    return _counts(str(home()), int(time.monotonic() / 2))


@lru_cache(maxsize=4)
def _counts(root: str, tick: int) -> tuple[int, int]:  # noqa: ARG001  one look a tick
    return queue.counts(catalog())
