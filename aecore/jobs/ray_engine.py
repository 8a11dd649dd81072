"""Workers on the machines of a Ray cluster; Ray places and carries, and decides nothing else.

AECORE_RAY_ADDRESS names the cluster (by default the one that runs on this machine). Every node has
this package installed. Order, fairness and retries stay with the supervisor: Ray restarts nothing.
A cluster is one domain of trust: whoever reaches it can run anything on it, so it belongs into a
private network, with RAY_AUTH_MODE=token.
"""

from __future__ import annotations

from collections.abc import Iterator, Set
from dataclasses import asdict, dataclass
from math import ceil
from typing import Any

import ray
from ray.exceptions import ActorUnavailableError, RayActorError, RayError, RayTaskError
from ray.util import list_named_actors

from aecore.errors import Fenced, InputError, StoreError
from aecore.jobs.engine import Capacity, Handle, Need, Polled
from aecore.jobs.limits import Limits
from aecore.jobs.ray_agent import Agent
from aecore.jobs.ray_cards import Cards
from aecore.jobs.ray_cluster import answers, connect, first_line, namespace
from aecore.jobs.ray_mirror import Mirror, parcel
from aecore.jobs.worker import CODES
from aecore.runs.store import RunStore

NODE = "ray"
REAP_GRACE = 30.0
REPLACED = Polled("exited", CODES["fenced"])
STEPS = 10_000
"""Ray counts shares of a card to four digits."""


@dataclass
class _Remote:
    """An attempt's agent, what is known of it here, and the answer that is under way."""

    agent: Any
    mirror: Mirror
    answer: Any = None
    node: str = ""
    polled: Polled = Polled("running")


class RayEngine:
    """Workers of a cluster; see `engine.Engine`. Raises InputError where no cluster answers."""

    def __init__(self) -> None:
        self._namespace = namespace()
        self._ours = connect()
        self._cards = Cards()
        self._remotes: dict[Handle, _Remote] = {}
        self._reaped: set[Handle] = set()

    def capacity(self) -> Capacity:
        """All nodes together."""
        self._look_after_reaped()
        whole = ray.cluster_resources()
        slots, memory = int(whole.get("CPU", 0)), int(whole.get("memory", 0))
        return Capacity(slots, memory, self._cards.known())

    def start(self, run_id: str, attempt: int, need: Need) -> Handle:
        """Start an agent somewhere; an attempt starts once, whoever asks how often."""
        handle, run = Handle(run_id, attempt, NODE), RunStore()[run_id]
        mirror = Mirror(run, attempt)
        if handle in self._remotes or mirror.newest >= attempt or self._find(handle):
            return handle
        options = self._options(need)
        self._replace_older(handle)
        limits = asdict(Limits(need.memory, need.threads, gpu_share=options.pop("share")))
        named = {"name": _name(handle), "namespace": self._namespace, "lifetime": "detached"}
        try:
            made = ray.remote(Agent).options(**named, **options, max_restarts=0)
            agent = made.remote(run_id, attempt, limits, parcel(run))
        except (RayError, ValueError) as error:
            raise StoreError(f"The cluster took no run just now ({first_line(error)}).") from error
        self._remotes[handle] = _Remote(agent, mirror)
        return handle

    def poll(self, handle: Handle) -> Polled:
        """Take over what is new, and tell how the worker is."""
        self._look_after_reaped()
        remote = self._known(handle)
        if remote is None:
            return Polled("exited")
        self._advance(remote)
        return remote.polled

    def stop(self, handle: Handle, grace_seconds: float) -> None:
        """Have the agent send SIGTERM now and SIGKILL after the grace."""
        if remote := self._living(handle):
            remote.agent.stop.remote(grace_seconds)

    def kill(self, handle: Handle) -> None:
        """Have the agent send SIGKILL."""
        if remote := self._living(handle):
            remote.agent.kill.remote()

    def adopt(self, handle: Handle) -> bool:
        """Find the agent by its name; it holds whatever has not been fetched yet."""
        return self._living(handle) is not None

    def reap(self, known: Set[Handle]) -> None:
        """Stop those of this home that nobody knows, and fetch what they saved."""
        for handle in set(self._named()) - known:
            self.stop(handle, REAP_GRACE)
            self._reaped.add(handle)

    def warm_up(self) -> None:
        """Have the cards counted."""
        self._cards.known()

    def close(self) -> None:
        """Leave the cluster; the agents stay."""
        if self._ours:
            ray.shutdown()

    def _advance(self, remote: _Remote) -> None:
        """Ask for news, or take in those that have come."""
        if _over(remote):
            return
        if remote.answer is None:
            remote.answer = remote.agent.pull.remote(remote.mirror.wanted())
        if not ray.wait([remote.answer], timeout=0)[0]:
            return
        answer, remote.answer = remote.answer, None
        try:
            self._take(remote, ray.get(answer))
        except Fenced:
            self._let_go(remote, REPLACED)
        except ActorUnavailableError:
            remote.polled = Polled("lost")  # it may come back
        except RayActorError:
            remote.mirror.lose()
            gone = remote.node and not answers(remote.node)
            remote.polled = Polled("lost" if gone else "exited")
        except RayTaskError:
            pass  # the node could not read its own files just now

    def _take(self, remote: _Remote, told: dict[str, Any]) -> None:
        remote.mirror.take(told)
        remote.node, remote.polled = told["node"], Polled("running")
        code = told["code"]
        if code is not None:
            ended = (code, None) if code >= 0 else (None, -code)
            self._let_go(remote, Polled("exited", *ended))

    def _let_go(self, remote: _Remote, polled: Polled) -> None:
        remote.polled = polled
        remote.agent.clean.remote()
        remote.agent.__ray_terminate__.remote()

    def _known(self, handle: Handle) -> _Remote | None:
        if handle not in self._remotes and (agent := self._find(handle)):
            mirror = Mirror(RunStore()[handle.run], handle.attempt)
            self._remotes[handle] = _Remote(agent, mirror)
        return self._remotes.get(handle)

    def _living(self, handle: Handle) -> _Remote | None:
        remote = self._known(handle)
        return None if remote is None or _over(remote) else remote

    def _find(self, handle: Handle) -> Any:
        """An agent by its name, None where there is none."""
        try:
            return ray.get_actor(_name(handle), self._namespace)
        except ValueError:
            return None

    def _named(self) -> Iterator[Handle]:
        """All agents of this home."""
        for entry in list_named_actors(all_namespaces=True):
            found: Any = entry
            if found["namespace"] == self._namespace:
                run, attempt = found["name"].split("-")
                yield Handle(run, int(attempt), NODE)

    def _replace_older(self, handle: Handle) -> None:
        for other in list(self._named()):
            if other.run == handle.run and other.attempt < handle.attempt:
                remote = self._living(other)
                if remote is not None:
                    remote.agent.kill.remote()
                    self._let_go(remote, REPLACED)

    def _look_after_reaped(self) -> None:
        for handle in list(self._reaped):
            remote = self._known(handle)
            if remote is not None:
                self._advance(remote)
            if remote is None or _over(remote):
                self._reaped.discard(handle)

    def _options(self, need: Need) -> dict[str, Any]:
        """What Ray is asked for, and the share of a card. Raises InputError or StoreError."""
        whole = ray.cluster_resources()
        if need.threads > whole.get("CPU", 0) or need.memory > whole.get("memory", 0):
            raise InputError(
                f"The run needs {need.threads} threads and {need.memory / 1e9:.1f} GB, and the "
                "whole cluster has less; choose a smaller batch, or add a machine."
            )
        share = self._cards.share(need.gpu_memory) if need.gpu_memory else 0.0
        asked = ceil(share * STEPS) / STEPS
        wants = {"num_cpus": need.threads, "num_gpus": asked, "memory": need.memory}
        return {**wants, "share": share or 1.0}


def _over(remote: _Remote) -> bool:
    """Whether there is nothing more to hear; a node that was lost for good stays lost."""
    return remote.polled.state == "exited"


def _name(handle: Handle) -> str:
    return f"{handle.run}-{handle.attempt}"
