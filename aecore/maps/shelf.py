"""Where maps are kept and asked for: the folder `maps` of the home.

Of each map, by its ticket: `.map` once it is drawn; until then what a desk has of any work, and
`.frame` (what it looks like by now). Where somebody asked how far each point of it can be trusted,
the same under `trust_ticket`, and `.trust`.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from importlib.metadata import version
from typing import Any, NamedTuple

import numpy as np
import torch

from aecore.errors import CheckpointDamaged
from aecore.maps.draw import Drawn
from aecore.maps.spec import MapSpec
from aecore.metrics.pointwise import Pointwise
from aecore.projections import Map
from aecore.runs import desk
from aecore.runs.desk import Desk, Standing
from aecore.runs.files import digest, json_bytes, pack, unpack, write
from aecore.runs.inference import LoadedModel
from aecore.runs.store import Run

__all__ = ["Asked", "Shelf", "Standing", "ticket_of", "trust_ticket"]

VERSION = 3
"""Of what a map means: those of another version are drawn anew."""
LIBRARIES = ("umap-learn", "opentsne", "faiss-cpu")
MOST_KEPT = 1000
"""Maps; the least recently looked at go first."""

Asked = desk.Asked[MapSpec]


class Frame(NamedTuple):
    """A map as it stands while it is drawn.

    places: (m, 2) of the held-out images; landmarks: how many training images it rests on, of how
    many, where only these have a place yet; (0, n) where all have.
    """

    places: Map
    landmarks: tuple[int, int]


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


class Shelf(Desk[MapSpec]):
    """The maps of a home."""

    folder_name = "maps"
    done = "map"
    passing = (*Desk.passing, "frame")

    def read(self, flat: Mapping[str, Any]) -> MapSpec:
        """The map that plain values stand for."""
        return MapSpec.from_flat(flat)

    def known(self, ticket: str) -> Drawn | None:
        """A finished map; None where there is none, or none that can be read."""
        path = self.path(ticket, "map")
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

    def keep(self, ticket: str, drawn: Drawn, data: Collection[str] = ()) -> None:
        """Put a finished map in place; it stays asked for until `forget`. Raises StoreError.

        data: as for `put`.
        """
        parts = {
            "train": torch.from_numpy(drawn.train),
            "held_out": torch.from_numpy(drawn.held_out),
            "together": torch.tensor(drawn.together),
            "seconds": torch.tensor(drawn.seconds, dtype=torch.float64),
            "measures": torch.tensor(list(json_bytes(drawn.measures)), dtype=torch.uint8),
        }
        self.put(ticket, pack(parts), data)
        self.clear(MOST_KEPT, "trust")

    def trusted(self, ticket: str) -> Pointwise | None:
        """How far each point of a finished map can be trusted; None where nobody knows yet."""
        path = self.path(ticket, "trust")
        try:
            parts = unpack(path.read_bytes(), path.name)
            return Pointwise(parts["trustworthiness"].numpy(), parts["continuity"].numpy())
        except (OSError, CheckpointDamaged, KeyError):
            return None

    def keep_trust(self, ticket: str, found: Pointwise) -> None:
        """Put what `trusted` gives in place, as `keep` does. Raises StoreError."""
        parts = {name: torch.from_numpy(values) for name, values in vars(found).items()}
        write(self.path(ticket, "trust"), pack(parts))

    def show(self, ticket: str, frame: Frame) -> None:
        """Leave the map as it stands by now."""
        places = torch.from_numpy(np.array(frame.places, np.float32))
        content = pack({"held_out": places, "landmarks": torch.tensor(frame.landmarks)})
        write(self.path(ticket, "frame"), content, durable=False)

    def frame(self, ticket: str) -> Frame | None:
        """The map as it stood last; None where there is no picture yet."""
        path = self.path(ticket, "frame")
        try:
            parts = unpack(path.read_bytes(), path.name)
            few, many = (int(count) for count in parts["landmarks"])
            return Frame(parts["held_out"].numpy(), (few, many))
        except (OSError, CheckpointDamaged, KeyError, ValueError):
            return None
