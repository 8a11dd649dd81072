"""A full class: 100 browsers that watch live runs, and 100 people who press Start together.

Run it with `make load` (`python -m benchmarks.load`). The server is the real one, in server mode
with 2 slots, and two workers train beside it. Reported: how old the oldest point
that a browser has not seen is when it arrives, counted from when it came to the disk; the server's
processor time and memory; and how long a submission takes while 99 others are made with it.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import os
import sqlite3
import statistics
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

import psutil

from aecore.catalog.people import LAPTOP, Person, Quotas
from aecore.catalog.runs import get
from aecore.catalog.store import Catalog
from aecore.catalog.submit import submit
from aecore.errors import AecoreError
from aecore.jobs.recorder import FLUSH_SECONDS
from aecore.runs.about import About
from aecore.runs.checks import estimate
from aecore.runs.spec import RunSpec
from aecore.runs.store import Run
from benchmarks.machine import describe
from benchmarks.viewer import Viewer
from tests.browser.lab import Lab

RESULT = Path(__file__).parent / "results" / "load-cpu.json"
TARGETS = {"delay p95": 2.0, "memory GB": 1.5, "submission p95": 0.2}
LONG = {"dataset": "digits", "variant": "vae", "epochs": 100_000}


def percentile(values: list[float], share: float) -> float:
    """The value that this share of them does not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def submissions(folder: Path, people: int) -> dict[str, Any]:
    """Everybody submits at the same moment, in one process as in the server."""
    os.environ["AECORE_HOME"] = str(folder)
    catalog, spec = Catalog(folder), RunSpec.from_flat({"dataset": "digits"})
    cost, gate = estimate(spec), threading.Barrier(people)
    taken: list[float] = []
    made: list[str] = []
    lost: list[str] = []

    def press(number: int) -> None:
        who = Person(f"p{number}", "member")
        gate.wait()
        begun = time.perf_counter()
        try:
            run = submit(catalog, who, spec, Quotas(), cost=cost, seconds=4.0)
        except AecoreError as error:
            lost.append(str(error))
            return
        taken.append(time.perf_counter() - begun)
        made.append(run.id)

    gc.collect()
    gc.freeze()  # as app.py does
    threads = [threading.Thread(target=press, args=(number,)) for number in range(people)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    lost += [run_id for run_id in made if get(catalog, run_id) is None]
    catalog.close()
    return {"people": people, "lost": len(lost), **_spread(taken)}


def _spread(values: list[float]) -> dict[str, float]:
    return {
        "p50": round(statistics.median(values), 4),
        "p95": round(percentile(values, 0.95), 4),
        "max": round(max(values), 4),
    }


def watching(folder: Path, browsers: int, seconds: float) -> dict[str, Any]:
    """Browsers on two runs that everybody may look at, for so long."""
    environment = {"AECORE_MODE": "server", "AECORE_SLOTS": "2", "AECORE_HOME": str(folder)}
    lab = Lab(folder, folder / "data", **environment)
    try:
        catalog = Catalog(folder)
        runs = [_demo(catalog, seed) for seed in range(2)]
        while any((row := get(catalog, run.id)) is None or row.step < 100 for run in runs):
            time.sleep(0.2)
        written = {run.id: Written(run) for run in runs}
        viewers = [Viewer(lab.port, runs[number % 2].id) for number in range(browsers)]
        server = psutil.Process(lab.process.pid)
        result, used, highest = asyncio.run(_all(viewers, seconds, server))
        delays = [
            moment - written[viewer.run].after(since)
            for viewer in viewers
            for moment, since in viewer.arrivals
        ]
        held_back = {"worker flushes every s": FLUSH_SECONDS}
        return {"delay": _spread(delays), **held_back, **result, "cpu": used, "memory GB": highest}
    finally:
        lab.stop()


class Written:
    """When the rows of a run came to the disk, watched from now on."""

    def __init__(self, run: Run) -> None:
        self._database = run.folder / "metrics.db"
        self._seen: list[tuple[int, float]] = []
        threading.Thread(target=self._watch, daemon=True).start()

    def after(self, step: int) -> float:
        """When the first row beyond this step was there."""
        return next(moment for newest, moment in self._seen if newest > step)

    def _watch(self) -> None:
        database = sqlite3.connect(self._database)
        while True:
            (newest,) = database.execute("SELECT MAX(step) FROM metric").fetchone()
            if not self._seen or newest > self._seen[-1][0]:
                self._seen.append((newest, time.time()))
            time.sleep(0.01)


def _demo(catalog: Catalog, seed: int) -> Run:
    """A run that everybody may look at; each of another person, who may train one at a time."""
    spec = RunSpec.from_flat({**LONG, "seed": seed})
    return submit(catalog, Person(f"d{seed}", "member"), spec, LAPTOP, about=About(demo=True))


async def _all(
    viewers: list[Viewer], seconds: float, server: psutil.Process
) -> tuple[dict[str, Any], float, float]:
    before, began, highest = sum(server.cpu_times()[:2]), time.monotonic(), 0
    watching = asyncio.gather(*(viewer.watch(seconds) for viewer in viewers))
    while not watching.done():
        await asyncio.sleep(0.5)
        highest = max(highest, server.memory_info().rss)
    await watching
    share = (sum(server.cpu_times()[:2]) - before) / (time.monotonic() - began)
    result = {
        "browsers": len(viewers),
        "seconds": seconds,
        "answer": _spread([took for viewer in viewers for took in viewer.answers]),
        "answers": sum(len(viewer.answers) for viewer in viewers),
        "reruns": sum(viewer.reruns for viewer in viewers),
        "errors": [error for viewer in viewers for error in viewer.errors][:5],
    }
    return result, round(share, 3), round(highest / 1e9, 3)


def main() -> None:
    """Entry point."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--browsers", type=int, default=100, help="default: 100")
    parser.add_argument("--seconds", type=float, default=60.0, help="default: 60")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        submitted = submissions(Path(folder), arguments.browsers)
    with tempfile.TemporaryDirectory() as folder:
        watched = watching(Path(folder), arguments.browsers, arguments.seconds)
    result = {
        "machine": describe(),
        "targets": TARGETS,
        "submissions": submitted,
        "watching": watched,
    }
    RESULT.write_text(json.dumps(result, indent=1) + "\n")
    print(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
