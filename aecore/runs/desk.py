"""A folder where work on runs is asked for, told of while it goes on, and kept once it is done.

Of each piece of work, by its ticket: a file of the ending `done` once it is finished, and `.of`,
the names of the data sets that it tells of; until then `.asked` (who takes it away cancels it) and
`.standing` (how far it is).
"""

from __future__ import annotations

import json
import time
from abc import ABC, abstractmethod
from collections.abc import Collection, Iterator, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, ClassVar, Generic, Literal, Protocol, TypeVar

from aecore.datasets.gone import is_gone
from aecore.errors import StoreError
from aecore.runs.files import json_bytes, write, write_json

MOST_WAITING = 100
OF = "of"

State = Literal["absent", "waiting", "working", "done", "failed"]


class Spec(Protocol):
    """What is to be done, as plain values."""

    def to_flat(self) -> dict[str, Any]: ...


S = TypeVar("S", bound=Spec)


@dataclass(frozen=True)
class Standing:
    """How far a piece of work is.

    share: 0 to 1; message: one sentence, on what it is at or why it has failed; deaths: how often
    the process that was at it was lost.
    """

    state: State
    share: float = 0.0
    message: str = ""
    deaths: int = 0


@dataclass(frozen=True)
class Asked(Generic[S]):
    """A piece of work that somebody waits for; run: of which run."""

    ticket: str
    run: str
    spec: S


class Desk(ABC, Generic[S]):
    """The work that is asked for in a home."""

    folder_name: ClassVar[str]
    done: ClassVar[str]
    """Ending of what is finished."""
    passing: ClassVar[tuple[str, ...]] = ("asked", "standing")
    """Endings of what is there only until it is finished."""

    def __init__(self, root: Path) -> None:
        """root: the home. Raises StoreError where it cannot be written."""
        self.folder = root / self.folder_name
        try:
            self.folder.mkdir(exist_ok=True)
        except OSError as error:
            raise StoreError(f"Could not write to {root}: {error.strerror}.") from error

    @abstractmethod
    def read(self, flat: Mapping[str, Any]) -> S:
        """The spec of plain values. Raises InputError for what is none."""

    def ask(self, asked: Asked[S]) -> None:
        """Wait for it; nothing happens where it is waited for already, or is there.

        What has failed is tried again. Raises StoreError where too many wait, or the disk
        refuses.
        """
        path = self.path(asked.ticket, "asked")
        if path.exists() and self.standing(asked.ticket).state != "failed":
            return
        if sum(1 for _ in self.folder.glob("*.asked")) >= MOST_WAITING:
            raise StoreError(
                f"{MOST_WAITING} {self.folder_name} are waiting already; try again when some are "
                "done."
            )
        self.path(asked.ticket, "standing").unlink(missing_ok=True)
        write_json(path, {"run": asked.run, "spec": asked.spec.to_flat(), "time": time.time()})

    def waiting(self) -> Iterator[Asked[S]]:
        """What is asked for and has not failed, the longest wait first."""
        for path in sorted(self.folder.glob("*.asked"), key=age, reverse=True):
            with suppress(OSError, ValueError, KeyError):
                asked = json.loads(path.read_bytes())
                if self.standing(path.stem).state != "failed":
                    yield Asked(path.stem, asked["run"], self.read(asked["spec"]))

    def wanted(self, ticket: str) -> bool:
        """Whether somebody still waits for it."""
        return self.path(ticket, "asked").exists()

    def forget(self, ticket: str) -> None:
        """Nobody waits any more: of what is not finished, nothing stays."""
        for kind in self.passing:
            self.path(ticket, kind).unlink(missing_ok=True)

    def standing(self, ticket: str) -> Standing:
        """How far it is."""
        wanted = self.wanted(ticket)
        if self.path(ticket, self.done).exists() and not wanted:  # else something is still missing
            return Standing("done", 1.0)
        try:
            return Standing(**json.loads(self.path(ticket, "standing").read_bytes()))
        except (OSError, ValueError, TypeError):
            return Standing("waiting" if wanted else "absent")

    def tell(self, ticket: str, standing: Standing) -> None:
        """Leave word on how far it is. Raises StoreError."""
        write(self.path(ticket, "standing"), json_bytes(asdict(standing)), durable=False)

    def put(self, ticket: str, content: bytes, data: Collection[str]) -> None:
        """Put a finished piece in place; data: names of all data sets that it tells of, if known.

        What tells of one that was deleted meanwhile is not kept. Raises StoreError.
        """
        if data:
            write(self.path(ticket, OF), json_bytes({"data": sorted(set(data))}), durable=False)
        write(self.path(ticket, self.done), content)
        if any(map(is_gone, data)):
            self.drop(ticket)

    def drop(self, ticket: str) -> None:
        """Leave nothing of a piece, nor of what was asked for about it."""
        for path in self.folder.glob(f"{ticket}*"):
            path.unlink(missing_ok=True)

    def drop_of(self, name: str, runs: Collection[str]) -> None:
        """Drop all that tells of a data set, finished or under way.

        What does not say of which data it tells, for an older version made it, goes too.

        Args:
            runs: ids of the runs on it.
        """
        for path in self.folder.glob(f"*.{self.done}"):
            try:
                told = json.loads(self.path(path.stem, OF).read_bytes())["data"]
            except (OSError, ValueError, KeyError, TypeError):
                told = [name]
            if name in told:
                self.drop(path.stem)
        for path in self.folder.glob("*.asked"):
            with suppress(OSError):  # it was finished this moment, and `put` looks by itself
                text = path.read_text()
                if any(word in text for word in (name, *runs)):
                    self.drop(path.stem)

    def clear(self, most: int, *also: str) -> None:
        """Keep so many finished pieces, the last looked at; also: endings that go with them."""
        for old in sorted(self.folder.glob(f"*.{self.done}"), key=age)[most:]:
            for kind in (self.done, OF, *also):
                self.path(old.stem, kind).unlink(missing_ok=True)

    def path(self, ticket: str, kind: str) -> Path:
        """The file of a ticket with this ending."""
        return self.folder / f"{ticket}.{kind}"


def age(path: Path) -> float:
    """Seconds since a file was touched; of one that is gone, none."""
    try:
        return time.time() - path.stat().st_mtime
    except OSError:
        return 0.0
