"""The mapper: the clerk that draws the maps which are asked for. `python -m aecore.jobs.mapper`.

It compiles what UMAP needs while nobody waits.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np

from aecore.jobs.clerk import Clerk, Pace, ensure, main
from aecore.maps import MapSpec, draw, samples_of
from aecore.maps.draw import Follow
from aecore.maps.measures import ground_of, judged
from aecore.maps.shelf import Asked, Frame, Shelf, Standing, ticket_of, trust_ticket
from aecore.maps.trust import trust
from aecore.projections import Map, projections
from aecore.projections.neighbours import Memory
from aecore.runs.inference import load_model
from aecore.runs.store import Run, RunStore


class Mapper(Clerk[MapSpec]):
    """Draws maps, and finds out how far their points can be trusted."""

    thing = "map"
    advice = "Fit it on fewer images."

    def __init__(self, root: Path) -> None:
        self.root = root
        self.desk = self.shelf = Shelf(root)
        self.memory = Memory()
        self.warm = False

    def warm_up(self) -> None:
        """Have the quick way of UMAP compiled, and imported what else a first map would wait for.

        umap-learn, which the default quality takes, is left out: it would take up to a minute, in
        which whoever asks for any map would wait.
        """
        if self.warm:
            return
        self.warm = True
        kind = projections["umap"]
        dots = np.random.default_rng(0).normal(size=(60, 3)).astype(np.float32)
        kind(kind.Config()).fit(dots).transform(dots[:5])

    def work(self, asked: Asked, standing: Standing) -> None:
        """Draw a map, or find out how far one can be trusted."""
        run = RunStore(self.root)[asked.run]
        loaded = load_model(run)
        ticket = ticket_of(run, loaded, asked.spec)
        if asked.ticket == ticket:
            samples = samples_of(run, loaded, asked.spec)
            follow = self._follow(asked, standing, len(samples.train))
            drawn = draw(samples, asked.spec, follow, self.memory)
            data = (run.spec.dataset,)
            self.shelf.keep(ticket, drawn, data)  # to be seen while it is measured
            self.shelf.keep(ticket, judged(ground_of(run, asked.spec), drawn), data)
        elif asked.ticket == trust_ticket(ticket):
            self._trust(run, asked.spec, ticket)
        # Else the run went on meanwhile; whoever looks will ask for its new map.

    def _trust(self, run: Run, spec: MapSpec, ticket: str) -> None:
        drawn = self.shelf.known(ticket)
        if drawn is not None:  # else the map itself comes first
            self.shelf.keep_trust(ticket, trust(ground_of(run, spec), drawn))

    def _follow(self, asked: Asked, standing: Standing, count: int) -> Follow:
        pace = Pace()

        def follow(share: float, places: Map | None, landmarks: int = 0) -> None:
            if not pace.ready():
                return
            show = None
            if places is not None:
                frame = Frame(places, (landmarks, count))
                show = partial(self.shelf.show, asked.ticket, frame)
            self.say(asked, replace(standing, share=share), show)
            pace.spoken()

        return follow


def ensure_mapper(root: Path) -> bool:
    """Start a mapper where none is at work. True if one had to be started; raises StoreError."""
    return ensure("aecore.jobs.mapper", root)


if __name__ == "__main__":
    main("mapper", Mapper)
