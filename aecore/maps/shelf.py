"""Where maps are kept and asked for: the folder `maps` of the home.

Of each map, by its ticket: `.map` once it is drawn; until then `.asked` (who takes it away cancels
it), `.standing` (how far it is) and `.frame` (what it looks like by now). Where somebody asked how
far each point of it can be trusted, the same under `trust_ticket`, and `.trust`.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Literal

import numpy as np
import torch

from aecore.errors import CheckpointDamaged, StoreError
from aecore.maps.draw import Drawn
from aecore.maps.spec import MapSpec
from aecore.metrics.pointwise import Pointwise
from aecore.projections import Map
from aecore.runs.files import digest, json_bytes, pack, unpack, write, write_json
from aecore.runs.inference import LoadedModel
from aecore.runs.store import Run

VERSION = 2
"""Of what a map means: those of another version are drawn anew."""
LIBRARIES = ("umap-learn", "opentsne", "faiss-cpu")
MOST_WAITING = 100
MOST_KEPT = 1000
"""Maps; the least recently looked at go first."""

State = Literal["absent", "waiting", "working", "done", "failed"]


@dataclass(frozen=True)
class Standing:
    """How far a map is. share: 0 to 1; message: one sentence where it has failed."""

    state: State
    share: float = 0.0
    message: str = ""
    deaths: int = 0


@dataclass(frozen=True)
class Asked:
    """A map that somebody waits for."""

    ticket: str
    run: str
    spec: MapSpec


def ticket_of(run: Run, loaded: LoadedModel, spec: MapSpec) -> str:
    """What decides a map and nothing else, as 32 letters: equal maps have equal tickets.

    Pixels are the same for all runs on the same images.
    """
    code = spec.config.of == "code"
    content = {
        "version": VERSION,
        "libraries": [version(name) for name in LIBRARIES],
        "map": spec.to_flat(),
        "data": [run.spec.dataset, run.spec.source.model_dump(), run.spec.splits.model_dump()],
        "weights": loaded.fingerprint if code else None,
    }
    return digest(json.dumps(content, sort_keys=True).encode())[:32]


def trust_ticket(ticket: str) -> str:
    """Under which the trust in each point of a map is asked for."""
    return f"{ticket}-trust"


class Shelf:
    """The maps of a home."""

    def __init__(self, root: Path) -> None:
        """root: the home. Raises StoreError where it cannot be written."""
        self.folder = root / "maps"
        try:
            self.folder.mkdir(exist_ok=True)
        except OSError as error:
            raise StoreError(f"Could not write to {root}: {error.strerror}.") from error

    def known(self, ticket: str) -> Drawn | None:
        """A finished map; None where there is none, or none that can be read."""
        path = self._path(ticket, "map")
        try:
            parts = unpack(path.read_bytes(), path.name)
            path.touch()
            return Drawn(
                parts["train"].numpy(),
                parts["held_out"].numpy(),
                bool(parts["together"]),
                float(parts["seconds"]),
                json.loads(parts["measures"].numpy().tobytes()),
            )
        except (OSError, CheckpointDamaged, KeyError, ValueError):
            return None

    def keep(self, ticket: str, drawn: Drawn) -> None:
        """Put a finished map in place; it stays asked for until `forget`. Raises StoreError."""
        parts = {
            "train": torch.from_numpy(drawn.train),
            "held_out": torch.from_numpy(drawn.held_out),
            "together": torch.tensor(drawn.together),
            "seconds": torch.tensor(drawn.seconds, dtype=torch.float64),
            "measures": torch.tensor(list(json_bytes(drawn.measures)), dtype=torch.uint8),
        }
        write(self._path(ticket, "map"), pack(parts))
        for old in sorted(self.folder.glob("*.map"), key=_age)[MOST_KEPT:]:
            old.unlink(missing_ok=True)
            self._path(old.stem, "trust").unlink(missing_ok=True)

    def trusted(self, ticket: str) -> Pointwise | None:
        """How far each point of a finished map can be trusted; None where nobody knows yet."""
        path = self._path(ticket, "trust")
        try:
            parts = unpack(path.read_bytes(), path.name)
            return Pointwise(parts["trustworthiness"].numpy(), parts["continuity"].numpy())
        except (OSError, CheckpointDamaged, KeyError):
            return None

    def keep_trust(self, ticket: str, found: Pointwise) -> None:
        """Put what `trusted` gives in place, as `keep` does. Raises StoreError."""
        parts = {name: torch.from_numpy(values) for name, values in vars(found).items()}
        write(self._path(ticket, "trust"), pack(parts))

    def ask(self, asked: Asked) -> None:
        """Wait for a map; nothing happens where it is waited for already, or is there.

        One that has failed is tried again. Raises StoreError where too many wait, or the disk
        refuses.
        """
        path = self._path(asked.ticket, "asked")
        if path.exists() and self.standing(asked.ticket).state != "failed":
            return
        if sum(1 for _ in self.folder.glob("*.asked")) >= MOST_WAITING:
            raise StoreError(
                f"{MOST_WAITING} maps are waiting already; try again when some are drawn."
            )
        self._path(asked.ticket, "standing").unlink(missing_ok=True)
        write_json(path, {"run": asked.run, "spec": asked.spec.to_flat(), "time": time.time()})

    def waiting(self) -> Iterator[Asked]:
        """What is asked for and has not failed, the longest wait first."""
        for path in sorted(self.folder.glob("*.asked"), key=_age, reverse=True):
            with suppress(OSError, ValueError, KeyError):
                asked = json.loads(path.read_bytes())
                if self.standing(path.stem).state != "failed":
                    yield Asked(path.stem, asked["run"], MapSpec.from_flat(asked["spec"]))

    def wanted(self, ticket: str) -> bool:
        """Whether somebody still waits for it."""
        return self._path(ticket, "asked").exists()

    def forget(self, ticket: str) -> None:
        """Nobody waits any more: of what is not finished, nothing stays."""
        for kind in ("asked", "standing", "frame"):
            self._path(ticket, kind).unlink(missing_ok=True)

    def standing(self, ticket: str) -> Standing:
        """How far a map is."""
        wanted = self.wanted(ticket)
        if self._path(ticket, "map").exists() and not wanted:  # else it is still being measured
            return Standing("done", 1.0)
        try:
            return Standing(**json.loads(self._path(ticket, "standing").read_bytes()))
        except (OSError, ValueError, TypeError):
            return Standing("waiting" if wanted else "absent")

    def tell(self, ticket: str, standing: Standing) -> None:
        """Leave word on how far it is."""
        write(self._path(ticket, "standing"), json_bytes(asdict(standing)), durable=False)

    def show(self, ticket: str, places: Map) -> None:
        """Leave the map as it stands by now."""
        content = pack({"held_out": torch.from_numpy(np.array(places, np.float32))})
        write(self._path(ticket, "frame"), content, durable=False)

    def frame(self, ticket: str) -> Map | None:
        """The map as it stood last, (m, 2); None where there is no picture yet."""
        path = self._path(ticket, "frame")
        try:
            return unpack(path.read_bytes(), path.name)["held_out"].numpy()
        except (OSError, CheckpointDamaged, KeyError):
            return None

    def _path(self, ticket: str, kind: str) -> Path:
        return self.folder / f"{ticket}.{kind}"


def _age(path: Path) -> float:
    """Seconds since a file was touched; of one that is gone, none."""
    try:
        return time.time() - path.stat().st_mtime
    except OSError:
        return 0.0
