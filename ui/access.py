"""The lab as one visitor may see it: the only way from a page or a route to a run."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import streamlit as st
from starlette.requests import Request

from aecore.catalog import access, queue, runs
from aecore.catalog.access import Action
from aecore.catalog.people import (
    NOBODY,
    Person,
    Quotas,
    log_in,
    log_out,
    person_of,
    quotas,
    server_mode,
)
from aecore.catalog.rows import RunRow
from aecore.catalog.standing import standing
from aecore.catalog.store import Catalog
from aecore.catalog.submit import submit
from aecore.errors import InputError, UnknownName
from aecore.jobs.presence import Presence, presence
from aecore.paths import home
from aecore.runs import Cost, Run, RunSpec, RunStore, Status
from aecore.runs.about import About
from aecore.runs.database import Database
from ui.cookies import browser_of
from ui.identity import whoever
from ui.login import login_configured, tab_login


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
    person = whoever(catalog(), st.context.cookies)
    if person.role != "nobody" and server_mode() and login_configured():
        login = tab_login()
        # The browser may act for another login by now than the one this tab was opened with.
        return person if login and login.account == person.id else NOBODY
    return person


def follow_login() -> None:
    """Have the browser act for whoever is logged in in this tab, so that routes know it too.

    Once a tab, at its start: later, a tab knows less than the browser does, which may have logged
    out in another.
    """
    browser = browser_of(st.context.cookies)
    if not (browser and server_mode() and login_configured()):
        return
    now, login = person_of(catalog(), browser).id, tab_login()
    if login is None and now != browser:
        log_out(catalog(), browser)
    elif login is not None and now != login.account:
        log_in(catalog(), browser, login.subject, login.until)


def log_out_here() -> None:
    """End the login of this browser, on the pages and the routes of all its tabs."""
    log_out(catalog(), browser_of(st.context.cookies))
    st.logout()


def visitor_of(request: Request) -> Person:
    """Who sends a request."""
    return whoever(catalog(), request.cookies)


def see(person: Person, run_id: str, action: Action = "view") -> Seen:
    """A run that a person may do this to.

    Raises UnknownName, in the same words, for one that is not there and one that is not theirs.
    """
    row = access.find(catalog(), person, run_id, action)
    return Seen(row, RunStore()[run_id], person)


def seen(row: RunRow) -> Seen:
    """A run of a list that the visitor may see. Raises UnknownName, also where its folder is gone.

    Cheaper than `see` where the row is at hand already.
    """
    person = visitor()
    if not access.may(person, "view", row):
        raise UnknownName("run", row.id, ())
    return Seen(row, RunStore()[row.id], person)


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


def enter(spec: RunSpec, cost: Cost, seconds: float | None, name: str = "") -> Run:
    """Queue a new run of the visitor, called so. Raises InputError or StoreError."""
    person = visitor()
    if person.role == "nobody":
        raise InputError(
            "Log in first: your runs will be yours alone."
            if login_configured()
            else "Allow this site's cookie and reload: it is what makes your runs yours."
        )
    about = About(name=name)
    return submit(catalog(), person, spec, limits(), cost=cost, seconds=seconds, about=about)


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
