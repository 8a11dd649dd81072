"""People: one owner on a laptop, one private space a browser or a login on a server."""

from __future__ import annotations

import hashlib
import json
import os
import time
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import Connection, bindparam, delete, insert, select, update

from aecore.catalog.store import Catalog
from aecore.catalog.tables import audit, browser, person, setting
from aecore.config import Settings, knob
from aecore.errors import InputError

Role = Literal["owner", "admin", "member", "nobody"]
OWNER = "owner"
ADMIN_HOURS = 12
LOGIN_HOURS = 12


@dataclass(frozen=True)
class Person:
    """Who asks. `nobody` has no cookie and no login yet, and may nothing."""

    id: str
    role: Role

    @property
    def administers(self) -> bool:
        """Whether the machine is theirs to look after."""
        return self.role in ("owner", "admin")


NOBODY = Person("", "nobody")


class Quotas(Settings):
    """What one person may ask of the machine."""

    running: int = knob(
        1, "Runs of one person that train at the same time.", low=1, high=1000, label="Training"
    )
    queued: int = knob(3, "Runs of one person that wait.", low=1, high=1000, label="Waiting")
    disk_gb: float = knob(
        2.0, "Disk space of one person's runs, in GB.", low=0.01, high=1e6, label="Disk, GB"
    )
    data_gb: float = knob(
        2.0, "Disk space of one person's own data sets, in GB.", low=0.01, high=1e6,
        label="Data sets, GB",
    )  # fmt: skip
    uploads: int = knob(
        50, "Data sets that one person may take in within 24 hours.", low=1, high=10**6,
        label="Data sets a day",
    )  # fmt: skip
    parameters: int = knob(50_000_000, "Parameters of one network.", low=100, high=10**12)
    epochs: int = knob(1000, "Epochs of one run.", low=1, high=10**6)
    minutes: float = knob(
        30.0, "Minutes that one run may train; then it is saved and stops.", low=0.01, high=1e6
    )


LAPTOP = Quotas(
    running=1000, queued=1000, disk_gb=1e6, data_gb=1e6, uploads=10**6, parameters=10**12,
    epochs=10**6, minutes=1e6,
)  # fmt: skip
"""On one's own machine only the machine itself sets limits."""


def server_mode() -> bool:
    """Whether this home serves many people (AECORE_MODE=server). Raises InputError."""
    mode = os.environ.get("AECORE_MODE", "").strip() or "laptop"
    if mode not in ("laptop", "server"):
        raise InputError(f"AECORE_MODE: expected laptop or server, got {mode[:40]!r}.")
    return mode == "server"


def quotas(catalog: Catalog) -> Quotas:
    """What holds here now: what an administrator set, else the defaults."""
    if not server_mode():
        return LAPTOP
    with catalog.read() as db:
        found = db.execute(select(setting.c.value).where(setting.c.key == "quotas")).scalar()
    return Quotas.parse(json.loads(found)) if found else Quotas()


def set_quotas(catalog: Catalog, values: Quotas) -> None:
    """Make these the quotas of everybody."""
    with catalog.write() as db:
        db.execute(delete(setting).where(setting.c.key == "quotas"))
        db.execute(insert(setting).values(key="quotas", value=json.dumps(values.model_dump())))


def person_of(catalog: Catalog, browser_id: str) -> Person:
    """Whom a browser acts for: who logged in there, else the browser's own private space."""
    with catalog.read() as db:
        return _person(db, browser_id)


def _person(db: Connection, browser_id: str) -> Person:
    now = time.time()
    query = select(browser.c.person).where(browser.c.id == browser_id, browser.c.until > now)
    who = db.execute(query).scalar() or browser_id
    until = db.execute(select(person.c.admin_until).where(person.c.id == who)).scalar() or 0
    return Person(who, "admin" if until > now else "member")


def ensure(db: Connection, who: str) -> None:
    """Have a row for a person; called before anything of theirs is stored."""
    now = time.time()
    if db.execute(_SEEN, {"who": who, "now": now}).rowcount == 0:
        db.execute(insert(person), {"id": who, "created": now, "last_seen": now})


_SEEN = update(person).where(person.c.id == bindparam("who")).values(last_seen=bindparam("now"))


def account_of(subject: str) -> str:
    """The id of the person that a login's subject (issuer and user) stands for."""
    return "a" + hashlib.sha256(subject.encode()).hexdigest()[:31]


def is_account(who: str) -> bool:
    """Whether this is the id of somebody who logs in; that of a browser begins with "b"."""
    return who.startswith("a")


def log_in(catalog: Catalog, browser_id: str, subject: str, until: float | None = None) -> Person:
    """Have a browser act for the account of a subject (issuer and user) until then.

    Args:
        until: when the login ends; at most 12 hours from now, which is also the default.
    """
    latest = time.time() + LOGIN_HOURS * 3600
    who = account_of(subject)
    with catalog.write() as db:
        ensure(db, who)
        db.execute(update(person).where(person.c.id == who).values(subject=subject[:500]))
        _act_for(db, browser_id, who, min(until or latest, latest), login=True)
        return _person(db, browser_id)


def log_out(catalog: Catalog, browser_id: str) -> None:
    """End what a login gave a browser."""
    with catalog.write() as db:
        db.execute(delete(browser).where(browser.c.id == browser_id, browser.c.login))


def carry_over(catalog: Catalog, browser_id: str, who: str) -> None:
    """Have a browser act for the private space that a personal link names, for a year."""
    with catalog.write() as db:
        ensure(db, who)
        _act_for(db, browser_id, who, time.time() + 365 * 86400, login=False)


def _act_for(db: Connection, browser_id: str, who: str, until: float, *, login: bool) -> None:
    db.execute(delete(browser).where(browser.c.id == browser_id))
    db.execute(insert(browser).values(id=browser_id, person=who, until=until, login=login))


def make_admin(catalog: Catalog, who: str) -> None:
    """Give a person the administrator's rights for 12 hours."""
    with catalog.write() as db:
        ensure(db, who)
        until = time.time() + ADMIN_HOURS * 3600
        db.execute(update(person).where(person.c.id == who).values(admin_until=until))
        note(db, who, "administer")


def end_admin(catalog: Catalog, who: str) -> None:
    """Take these rights back."""
    with catalog.write() as db:
        db.execute(update(person).where(person.c.id == who).values(admin_until=0))


def note(db: Connection, who: str, action: str, run: str = "") -> None:
    """Remember who did what."""
    db.execute(insert(audit).values(at=time.time(), person=who, action=action, run=run))
