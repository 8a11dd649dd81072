"""The graphics cards of a Ray cluster. Ray knows how many there are, but not how large."""

from __future__ import annotations

import time
from typing import Any

import ray
from ray.exceptions import RayError
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

from aecore.errors import InputError, StoreError
from aecore.jobs.engine import Gpu
from aecore.jobs.ray_agent import count_cards

RECOUNT = 30.0
"""Seconds after which the nodes are asked again."""


class Cards:
    """Asks the nodes in the background, and remembers what they said."""

    def __init__(self) -> None:
        self._asked = -RECOUNT
        self._answers: dict[str, Any] = {}
        self._counted: dict[str, tuple[Gpu, ...]] = {}

    def known(self) -> tuple[Gpu, ...]:
        """All cards of the last count; none until it has come."""
        for node, answer in list(self._answers.items()):
            if ray.wait([answer], timeout=0)[0]:
                self._take(node, self._answers.pop(node))
        if time.monotonic() - self._asked >= RECOUNT:
            self._asked = time.monotonic()
            self._ask()
        return tuple(card for cards in self._counted.values() for card in cards)

    def share(self, memory: int) -> float:
        """The share of a card, 0 to 1, that this many bytes are.

        Raises InputError where no card of the cluster has as many, and StoreError until they are
        counted.
        """
        if not ray.cluster_resources().get("GPU"):
            raise InputError(
                f"The run needs {memory / 1e9:.1f} GB of a graphics card and the cluster has "
                "none; train on the processor."
            )
        cards = self.known()
        if not cards:
            raise StoreError("The cluster's graphics cards are being counted; try again shortly.")
        # Ray may give any of them, so the smallest counts.
        smallest = min(card.total for card in cards)
        if memory > smallest:
            raise InputError(
                f"The run needs {memory / 1e9:.1f} GB of a graphics card and the cluster's have "
                f"{smallest / 1e9:.1f} GB; choose a smaller batch."
            )
        return memory / smallest

    def _ask(self) -> None:
        nodes = {n["NodeID"]: int(n["Resources"].get("GPU", 0)) for n in ray.nodes() if n["Alive"]}
        self._counted = {node: cards for node, cards in self._counted.items() if node in nodes}
        for node, count in nodes.items():
            if count:
                there = NodeAffinitySchedulingStrategy(node, soft=False)
                task = ray.remote(count_cards).options(num_cpus=0, scheduling_strategy=there)
                self._answers[node] = task.remote(node, count)

    def _take(self, node: str, answer: Any) -> None:
        try:
            self._counted[node] = ray.get(answer)
        except RayError:
            self._counted.pop(node, None)  # gone since
