"""Everything at once: 30 people, 2 slots, and somebody who kills workers, supervisor and server.

`make chaos` runs it for an hour (`python -m tests.chaos --minutes 60`); tests/test_chaos.py for a
minute. The same seed kills at the same times, though not at the same steps. It ends with a list
of what went wrong, which must be empty.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from http.client import HTTPException
from pathlib import Path

import psutil

from aecore.catalog.queue import active
from aecore.catalog.runs import get
from aecore.catalog.store import Catalog
from aecore.jobs.presence import presence
from aecore.runs import RunStore
from tests.browser.lab import Lab
from tests.chaos_people import Student, twin

SLOTS = 2
PEOPLE = 30
STUCK = 60.0
DISK = "120m"


@dataclass
class Chaos:
    """One storm over one home. Times in seconds."""

    seed: int
    seconds: float
    home: Path
    people: int = PEOPLE
    wrong: list[str] = field(default_factory=list)
    done: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.random = random.Random(self.seed)
        self.over = threading.Event()
        self.began = time.monotonic()
        self.full = False
        self._restarting: threading.Thread | None = None
        self._last: dict[str, tuple[object, float]] = {}

    def run(self) -> list[str]:
        """All of it; what went wrong, one line each."""
        lab = self.lab = Lab(self.home, self.home.parent / "data", **_server_environment())
        self.catalog = Catalog(self.home)
        students = [Student(self, lab, number) for number in range(self.people)]
        threads = [threading.Thread(target=student.live) for student in students]
        for thread in threads:
            thread.start()
        try:
            self._storm(lab)
            self.over.set()
            self._calm(lab, threads)
            self._judge(students)
        finally:
            self.over.set()
            lab.stop()
        return self.wrong

    def _storm(self, lab: Lab) -> None:
        """Kill somebody every few seconds until the time is up."""
        plan = [(3.0, self._kill_worker), (11.0, self._kill_supervisor), (17.0, self._restart)]
        due = {index: every * self.random.uniform(0.5, 1) for index, (every, _) in enumerate(plan)}
        fill_at = self.seconds / 2
        while (now := time.monotonic() - self.began) < self.seconds:
            for index, (every, strike) in enumerate(plan):
                if now >= due[index]:
                    due[index] = now + every * self.random.uniform(0.7, 1.3)
                    strike()
                    self.done[strike.__name__.strip("_")] += 1
            if fill_at and now > fill_at:
                fill_at = 0
                self._fill_disk()
            self._look()
            time.sleep(0.1)

    def _calm(self, lab: Lab, threads: list[threading.Thread]) -> None:
        """Wait, without kills, until everybody has what they asked for."""
        if self._restarting is not None:
            self._restarting.join()
        while any(thread.is_alive() for thread in threads):
            self._look()
            if any("stuck" in line for line in self.wrong):
                return
            time.sleep(0.1)

    def _restart(self) -> None:
        """Kill the server; it comes back in its own time, while others are killed."""
        if self._restarting is None or not self._restarting.is_alive():
            self._restarting = threading.Thread(target=self.lab.restart)
            self._restarting.start()

    def _kill_worker(self) -> None:
        rows = [row for row in active(self.catalog) if row.attempt]
        for row in self.random.sample(rows, len(rows)):
            database = RunStore(self.home)[row.id].database()
            raw = database.status()
            database.close()
            if raw.get("pid") and raw["pid"] != os.getpid():
                with suppress(ProcessLookupError):
                    os.kill(raw["pid"], signal.SIGKILL)
                return

    def _kill_supervisor(self) -> None:
        told = presence(self.home)
        if told is not None and told.alive:
            with suppress(ProcessLookupError):
                os.kill(told.pid, signal.SIGKILL)

    def _fill_disk(self) -> None:
        """Not a byte is free for three seconds."""
        ballast = self.home / "ballast"
        self.full = True
        with suppress(OSError), ballast.open("wb") as file:
            while True:
                file.write(bytes(1 << 16))
        self.done["fill_disk"] += 1
        time.sleep(3)
        ballast.unlink(missing_ok=True)
        self.full = False

    def _look(self) -> None:
        """Note every run that has not moved for a minute though it should."""
        now = time.monotonic()
        rows = active(self.catalog)
        moving = {row.id: (row.state, row.step, row.attempt, row.message) for row in rows}
        for run, seen in moving.items():
            before, since = self._last.get(run, (None, now))
            if seen != before:
                since = now
            self._last[run] = (seen, since)
            if now - since > STUCK:
                self.wrong.append(f"run {run} stuck for {now - since:.0f} s: {seen}")
                self._last[run] = (seen, now)
        for run in self._last.keys() - moving.keys():
            del self._last[run]

    def _judge(self, students: list[Student]) -> None:
        """Every run is there, finished, and bit by bit as if nothing had happened."""
        for student in students:
            for run_id, flat in student.runs.items():
                row = get(self.catalog, run_id)
                if row is None:
                    self.wrong.append(f"run {run_id} is lost")
                elif row.state != "finished":
                    self.wrong.append(f"run {run_id} is {row.state}: {row.message}")
                else:
                    self.done["finished"] += 1
                    self._compare(run_id, flat)
        if len(ours := workers(self.home)) > 0:
            self.wrong.append(f"workers without a run: {ours}")

    def _compare(self, run_id: str, flat: dict[str, object]) -> None:
        weights, curves = twin(RunStore(self.home)[run_id])
        expected = Student.expected(flat)
        if curves != expected[1]:
            self.wrong.append(f"run {run_id}: other rows than its undisturbed twin")
        elif weights != expected[0]:
            self.wrong.append(f"run {run_id}: not bit-equal to its undisturbed twin")


def workers(home: Path) -> list[int]:
    """Processes of a home that train: every one that a nursery has forked."""
    found = []
    for process in psutil.process_iter(["cmdline", "environ", "ppid"]):
        ours = (process.info["environ"] or {}).get("AECORE_HOME") == str(home)
        if ours and "aecore.jobs.nursery" in (process.info["cmdline"] or []):
            found.append(process)
    nurseries = [p for p in found if p.info["ppid"] == _supervisor_of(home)]
    return [process.pid for process in found if process not in nurseries]


def _supervisor_of(home: Path) -> int:
    told = presence(home)
    return told.pid if told else 0


def _server_environment() -> dict[str, str]:
    return {"AECORE_MODE": "server", "AECORE_SLOTS": str(SLOTS), "AECORE_DISK_RESERVE": "5"}


def storm(seed: int, seconds: float, people: int = PEOPLE) -> Chaos:
    """A storm on a small disk of its own, where the system lets us have one."""
    folder = Path(tempfile.mkdtemp(prefix="chaos-"))
    mount = ["mount", "-t", "tmpfs", "-o", f"size={DISK}", "tmpfs", str(folder)]
    mounted = subprocess.run(mount, check=False, capture_output=True).returncode == 0
    try:
        (folder / "home").mkdir()
        chaos = Chaos(seed, seconds, folder / "home", people)
        if not mounted:
            chaos._fill_disk = lambda: None  # type: ignore[method-assign]  # not somebody's real disk
        chaos.run()
        return chaos
    finally:
        if mounted:
            subprocess.run(["umount", "-l", str(folder)], check=False)
        shutil.rmtree(folder, ignore_errors=True)


def main() -> int:
    """Entry point."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, default=60.0, help="how long (default: 60)")
    parser.add_argument("--seed", type=int, default=0, help="of kills and people (default: 0)")
    arguments = parser.parse_args()
    chaos = storm(arguments.seed, arguments.minutes * 60)
    print(json.dumps({"seed": chaos.seed, "did": chaos.done, "wrong": chaos.wrong}, indent=1))  # noqa: T201
    return 1 if chaos.wrong else 0


if __name__ == "__main__":
    with suppress(HTTPException):
        sys.exit(main())
