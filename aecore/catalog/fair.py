"""The order of the queue: round robin between people, first come first served within each.

Next is always a run of the person with the fewest runs at work; between equals, of the one who
was served longest ago; then the oldest. So nobody starts a second run while somebody waits for
a first. What a dead worker left goes before all, since its place was taken already.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from heapq import heapify, heappop, heapreplace


@dataclass(frozen=True)
class Waiting:
    """One run in the queue. seconds: how long it will train, where that is known."""

    id: str
    owner: str
    queued: float
    recovering: bool = False
    seconds: float | None = None


def order(
    waiting: Iterable[Waiting], at_work: Mapping[str, int], served: Mapping[str, float]
) -> list[Waiting]:
    """The queue as it will be served, if nobody joins.

    Args:
        at_work: runs at work, by owner.
        served: when a run of each owner was last started, by owner.
    """
    counts, last = Counter(dict(at_work)), dict(served)
    lines: dict[str, deque[Waiting]] = {}
    for run in sorted(waiting, key=lambda w: (not w.recovering, w.queued, w.id)):
        lines.setdefault(run.owner, deque()).append(run)
    heads = [_rank(line[0], counts, last) for line in lines.values()]
    heapify(heads)
    result: list[Waiting] = []
    turn = max([*last.values(), 0.0])
    while heads:
        owner = heads[0][-1]
        line = lines[owner]
        result.append(line.popleft())
        counts[owner] += 1
        turn += 1
        last[owner] = turn
        if line:
            heapreplace(heads, _rank(line[0], counts, last))
        else:
            heappop(heads)
    return result


_Rank = tuple[bool, int, float, float, str, str]


def _rank(run: Waiting, counts: Mapping[str, int], last: Mapping[str, float]) -> _Rank:
    """What is least goes first; the run's owner comes last."""
    fewest, longest_ago = counts.get(run.owner, 0), last.get(run.owner, 0.0)
    return (not run.recovering, fewest, longest_ago, run.queued, run.id, run.owner)


def starts(
    queue: Sequence[Waiting], slots: int, left: Sequence[float | None]
) -> list[float | None]:
    """Seconds until each run of an ordered queue starts; None where nobody can know.

    Args:
        slots: runs that the machine does at a time.
        left: seconds that each run at work still needs; None for unknown.
    """
    unknown = float("inf")
    busy = [unknown if seconds is None else seconds for seconds in left][: max(1, slots)]
    free = busy + [0.0] * (max(1, slots) - len(busy))
    heapify(free)
    result: list[float | None] = []
    for run in queue:
        start = free[0]
        result.append(None if start == unknown else start)
        heapreplace(free, start + (unknown if run.seconds is None else run.seconds))
    return result
