"""What a projection is: samples with many numbers to places on a plane, fitted as it is watched.

The conventions are scikit-learn's: `fit` returns the projection itself, what it has learnt ends
in an underscore, `transform` places samples that it has not seen.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from aecore.config import Settings
from aecore.errors import InputError
from aecore.projections.neighbours import Find, Neighbours, nearest_others
from aecore.registry import Registry

Rows = NDArray[np.float32]
"""Samples, (n, d)."""
Map = NDArray[np.float32]
"""Places of n samples on a plane, (n, 2)."""
Watch = Callable[[float, Map | None], None]
"""Hears the share that is done, 0 to 1, and the map as it stands where there is one, with NaN for
samples that have no place yet. It must not change or keep the map. What it raises ends the
projection: that is how one is cancelled."""


def unwatched(share: float, places: Map | None) -> None:
    """Nobody looks."""


class Projection(ABC):
    """One file of this folder each.

    Attributes:
        embedding_: places of the samples that it was fitted on, (n, 2) float32.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    idea: ClassVar[str]
    """One or two sentences for a person who has never met this projection."""
    paper: ClassVar[str]
    year: ClassVar[int]
    fewest: ClassVar[int] = 2
    """Samples that it needs at least."""

    class Config(Settings):
        """Settings of this projection."""

    embedding_: Map

    def __init__(self, config: Settings | None = None, seed: int = 0) -> None:
        """Keep the settings; nothing is computed.

        Args:
            config: an instance of this class's Config; the defaults where left out.
            seed: fixes whatever is drawn.
        """
        self.config = config if config is not None else self.Config()
        self.seed = seed

    @property
    def neighbours_needed(self) -> int:
        """How many nearest others of each sample `fit` looks at; 0 where at none."""
        return 0

    @property
    def neighbours_of_new(self) -> int:
        """How many of the nearest fitted samples `transform` looks at, if it is given them."""
        return 0

    @property
    def places_new(self) -> bool:
        """Whether `transform` can place samples that were not there in `fit`."""
        return True

    def fit(
        self,
        x: Rows,
        y: NDArray[np.int64] | None = None,
        *,
        find: Find = nearest_others,
        watch: Watch = unwatched,
    ) -> Self:
        """Learn from samples.

        Args:
            x: (n, d) finite numbers.
            y: (n,) their classes, where they are known; most projections do not look.
            find: finds the nearest others of each, where neighbours count.
            watch: see Watch.

        Raises InputError where the samples are too few or not finite.
        """
        if len(x) < self.fewest:
            raise InputError(
                f"{self.title} needs at least {self.fewest} samples and was given {len(x)}."
            )
        x = np.ascontiguousarray(x, np.float32)
        if not np.isfinite(x).all():
            raise InputError(f"{self.title} takes finite numbers only; some are not.")
        watch(0.0, None)
        self._fit(x, y, find, watch)
        watch(1.0, self.embedding_)
        return self

    @abstractmethod
    def _fit(
        self,
        x: Rows,
        y: NDArray[np.int64] | None,
        find: Find,
        watch: Watch,
    ) -> None:
        """Set `embedding_`, and whatever `transform` needs."""

    @abstractmethod
    def transform(
        self, x: Rows, watch: Watch = unwatched, neighbours: Neighbours | None = None
    ) -> Map:
        """Places (m, 2) of samples x (m, d). Raises InputError where not `places_new`.

        Args:
            neighbours: of x among the fitted samples, `neighbours_of_new` of each or all that
                there are, where they are known already.
        """


projections: Registry[type[Projection]] = Registry("projection")
