"""People's own data sets: whose they are, and who else may see them."""

from __future__ import annotations

import shutil
import time
from contextlib import suppress
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any, Literal, get_args

from sqlalchemy import Connection, Row, Select, delete, func, insert, select, update

from aecore.catalog.links import DAYS, Links, Share
from aecore.catalog.people import OWNER, Person, Quotas, ensure, note
from aecore.catalog.store import Catalog
from aecore.catalog.tables import audit, dataset, dataset_opened, dataset_share, run
from aecore.datasets.own import ABOUT, ID, PREFIX, About, own
from aecore.errors import InputError, UnknownName
from aecore.intake.safe_text import safe_text
from aecore.runs.files import json_bytes, write

Action = Literal["view", "train", "edit", "share", "delete"]
ACTIONS: tuple[Action, ...] = get_args(Action)
OF_A_LINK: tuple[Action, ...] = ("view", "train")
DATA_LINKS = Links(dataset_share, dataset_opened, "dataset")
ADDED = "add data"


@dataclass(frozen=True)
class DataRow:
    """One own data set as the catalogue knows it; count: of samples; created: since 1970."""

    id: str
    owner: str
    title: str
    kind: str
    count: int
    bytes: int
    created: float

    @property
    def name(self) -> str:
        """Its name in a spec."""
        return f"{PREFIX}{self.id}"


_COLUMNS = tuple(dataset.c[field.name] for field in fields(DataRow))


def may(person: Person, action: Action, row: DataRow, *, linked: bool = False) -> bool:
    """Whether a person may do something to a data set.

    Nobody but its owner by right, administrators included: data are more private than runs.

    Args:
        linked: whether the person came by a link to this data set that still holds.
    """
    if person.role == "nobody":
        return False
    if person.role == "owner" or person.id == row.owner:
        return True
    return linked and action in OF_A_LINK


def find(catalog: Catalog, person: Person, name: str, action: Action = "view") -> DataRow:
    """The row of an own data set that a person may do this to, by its name in a spec.

    Raises UnknownName, in the same words, for one that is not there and one that is not theirs.
    """
    number = name.removeprefix(PREFIX)
    if name.startswith(PREFIX) and ID.fullmatch(number):
        _meet(catalog, person)
        with catalog.read() as db:
            found = db.execute(_chosen().where(dataset.c.id == number)).first()
            linked = number in DATA_LINKS.open_to(db, person.id)
        if found is not None and may(person, action, row := _row(found), linked=linked):
            return row
    raise UnknownName("data set", name, ())


def check_use(catalog: Catalog, person: Person, name: str) -> None:
    """Whether a person may train on a data set: on every one that is nobody's own.

    Raises UnknownName, as for a name that there is not.
    """
    if name.startswith(PREFIX):
        find(catalog, person, name, "train")


def listed(catalog: Catalog, person: Person) -> list[DataRow]:
    """A person's own data sets, newest first, then those that links show them."""
    _meet(catalog, person)
    newest = _chosen().order_by(dataset.c.created.desc(), dataset.c.id)
    with catalog.read() as db:
        mine = [_row(each) for each in db.execute(newest.where(dataset.c.owner == person.id))]
        linked = DATA_LINKS.open_to(db, person.id)
        others = [_row(each) for each in db.execute(newest.where(dataset.c.id.in_(linked)))]
    return mine + [row for row in others if row.owner != person.id]


def _meet(catalog: Catalog, person: Person) -> None:
    """Take in what scripts of this machine's owner have kept (`aecore.intake.keep_python`)."""
    root = folder_of_all(catalog)
    if person.role != "owner" or not root.is_dir():
        return
    with catalog.read() as db:
        known = set(db.execute(select(dataset.c.id)).scalars())
    for path in root.iterdir():
        if ID.fullmatch(path.name) and path.name not in known:
            with suppress(InputError):  # what cannot be read is left alone
                about = own(f"{PREFIX}{path.name}").about
                if about.owner == OWNER and not about.deleted:
                    with catalog.write() as db:
                        enter(db, row_of(path.name, about))


def add(catalog: Catalog, person: Person, name: str, limits: Quotas) -> DataRow:
    """Take the folder of a new data set into the catalogue.

    Raises InputError where it is more than a person may have, and nothing is left of it then.
    """
    about, number = own(name).about, name.removeprefix(PREFIX)
    row = row_of(number, replace(about, owner=person.id))
    try:
        with catalog.write() as db:
            check_room(db, person, limits, about.bytes)
            enter(db, row)
            note(db, person.id, ADDED, number)
    except BaseException:
        shutil.rmtree(folder_of_all(catalog) / number, ignore_errors=True)
        with catalog.write() as db:
            forget(db, number)  # the owner may have met its folder before
        raise
    return row


def check_room(db: Connection, person: Person, limits: Quotas, more: int = 0) -> None:
    """Whether a person may take in another data set, of so many bytes. Raises InputError."""
    theirs = dataset.c.owner == person.id
    held = int(db.execute(select(func.sum(dataset.c.bytes)).where(theirs)).scalar() or 0)
    if held + more > limits.data_gb * 1e9:
        raise InputError(
            f"Your data sets would take {(held + more) / 1e9:.2f} GB and {limits.data_gb:g} GB "
            "are yours; delete some first, or take in less."
        )
    since = time.time() - 86400
    today = (audit.c.person == person.id) & (audit.c.action == ADDED) & (audit.c.at > since)
    if db.execute(select(func.count()).where(today)).scalar_one() >= limits.uploads:
        raise InputError(
            f"{limits.uploads} data sets a day may be taken in here; try again tomorrow."
        )


def enter(db: Connection, row: DataRow) -> None:
    """Have a row for a data set; a reindex may have met its folder before."""
    ensure(db, row.owner)
    if db.execute(select(dataset.c.id).where(dataset.c.id == row.id)).first() is None:
        db.execute(insert(dataset).values(**vars(row)))


def rename(catalog: Catalog, person: Person, row: DataRow, title: str) -> DataRow:
    """Give a data set another title, in the catalogue and in its folder. Raises StoreError."""
    title = safe_text(title, otherwise=row.title)
    about = replace(own(row.name).about, title=title)
    with catalog.write() as db:
        db.execute(update(dataset).where(dataset.c.id == row.id).values(title=title))
        note(db, person.id, "rename data", row.id)
        write(folder_of_all(catalog) / row.id / ABOUT, json_bytes(about.to_json()))
    return replace(row, title=title)


def forget(db: Connection, number: str) -> None:
    """Drop a data set's row and its links."""
    DATA_LINKS.forget(db, number)
    db.execute(delete(dataset).where(dataset.c.id == number))


def used_by(catalog: Catalog, name: str) -> int:
    """How many runs of anybody name a data set, those in the trash included."""
    with catalog.read() as db:
        return db.execute(select(func.count()).where(run.c.dataset == name)).scalar_one()


def make_link(catalog: Catalog, person: Person, row: DataRow, days: float = DAYS) -> str:
    """The token of a new link to a data set; ask `find(…, "share")` before. Raises InputError."""
    with catalog.write() as db:
        token = DATA_LINKS.make(db, row.id, days)
        note(db, person.id, "share data", row.id)
    return token


def open_link(catalog: Catalog, person: Person, token: str) -> DataRow:
    """Let a person in by a link. Raises UnknownName where there is none such, or not any more."""
    with catalog.write() as db:
        found = DATA_LINKS.follow(db, token)
        if found is None or person.role == "nobody":
            raise UnknownName("data set", "of this link", ())
        link, number = found
        DATA_LINKS.let_in(db, link, person.id)
        return _row(db.execute(_chosen().where(dataset.c.id == number)).one())


def revoke_link(catalog: Catalog, person: Person, row: DataRow, link: int) -> None:
    """End a link at once, for those too who came by it before."""
    with catalog.write() as db:
        DATA_LINKS.revoke(db, row.id, link)
        note(db, person.id, "revoke data", row.id)


def links_of(catalog: Catalog, row: DataRow) -> list[Share]:
    """All links to a data set, newest first."""
    with catalog.read() as db:
        return DATA_LINKS.of(db, row.id)


def row_of(number: str, about: About) -> DataRow:
    """The row that a folder's own word makes."""
    title = safe_text(about.title)
    who = about.owner or OWNER
    return DataRow(number, who, title, about.kind, about.count, about.bytes, about.created)


def folder_of_all(catalog: Catalog) -> Path:
    """Where the folders of own data sets lie."""
    return catalog.root / "datasets"


def _chosen() -> Select[Any]:
    return select(*_COLUMNS)


def _row(found: Row[Any]) -> DataRow:
    return DataRow(**found._mapping)
