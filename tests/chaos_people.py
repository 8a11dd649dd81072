"""The people of the chaos test: they submit, look, pause, resume, and pry into others' runs."""

from __future__ import annotations

import json
import random
import tempfile
import time
import urllib.error
import urllib.request
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aecore.catalog.people import Person, Quotas
from aecore.catalog.runs import get
from aecore.catalog.submit import submit
from aecore.errors import AecoreError
from aecore.jobs.drive import Driver
from aecore.runs import Run, RunSpec, RunStore
from tests.browser.lab import Lab
from tests.runs_kit import curves, weights

if TYPE_CHECKING:
    from tests.chaos import Chaos

KINDS: tuple[dict[str, Any], ...] = (
    {"variant": "vae", "latent_dim": 2},
    {"variant": "autoencoder", "dropout": 0.1},
    {"variant": "denoising", "corruption": "gaussian", "batch_norm": True},
    {"variant": "linear"},
)
COMMON = {"dataset": "digits", "width": 32, "epochs": 80, "batch_size": 64}
EVERYBODY: dict[str, str] = {}
"""Whose each run is, for those who try to look at others'."""


class Student:
    """One person with one browser. What they see that they should not goes into `chaos.wrong`."""

    def __init__(self, chaos: Chaos, lab: Lab, number: int) -> None:
        self.chaos = chaos
        self.lab = lab
        self.random = random.Random(chaos.seed * 1000 + number)
        self.cookie, self.name = self._arrive()
        self.runs: dict[str, dict[str, Any]] = {}

    def _arrive(self) -> tuple[str, str]:
        """Open the page once: the server gives a cookie, and with it a private space."""
        import base64

        request = urllib.request.Request(self.lab.url, headers={"accept": "text/html"})
        with urllib.request.urlopen(request, timeout=30) as answer:
            given = answer.headers["set-cookie"].split(";")[0]
        payload = given.split("=", 1)[1].split(".")[0]
        return given, json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))

    def live(self) -> None:
        """Until the storm is over, and then until every run of theirs is finished."""
        while not self.chaos.over.is_set() or not self._all_finished():
            waiting = [run for run in self.runs if not self._finished(run)]
            if not waiting and not self.chaos.over.is_set():
                self._submit()
            for run in waiting:
                self._interfere(run)
            self._pry()
            time.sleep(self.random.uniform(0.2, 1.0))

    def _submit(self) -> None:
        flat = {**self.random.choice(KINDS), **COMMON, "seed": self.random.randrange(2)}
        me = Person(self.name, "member")
        try:
            run = submit(self.chaos.catalog, me, RunSpec.from_flat(flat), Quotas(), seconds=3)
        except AecoreError:  # a full disk says so, and takes nothing
            return
        self.runs[run.id] = flat
        EVERYBODY[run.id] = self.name

    def _interfere(self, run: str) -> None:
        row = get(self.chaos.catalog, run)
        if row is None:
            self.chaos.wrong.append(f"run {run} is lost")
        elif row.state in ("paused", "stopped", "failed", "interrupted"):
            self._command(run, "resume")
        elif self.random.random() < 0.05 and not self.chaos.over.is_set():
            self._command(run, self.random.choice(["pause", "stop", "pause"]))
        self._look(run, 200)

    def _pry(self) -> None:
        """Ask for a run of somebody else, and for one that never was."""
        others = [run for run, owner in list(EVERYBODY.items()) if owner != self.name]
        if others:
            self._look(self.random.choice(others), 404)
            self._command(self.random.choice(others), "stop", 404)

    def _look(self, run: str, expected: int) -> None:
        code = self._ask(f"/api/runs/{run}/live?since=-1")
        if code not in (expected, 503, 0):
            self.chaos.wrong.append(f"{self.name} got {code} for {run}, expected {expected}")

    def _command(self, run: str, action: str, expected: int = 200) -> None:
        code = self._ask(f"/api/runs/{run}/commands", json.dumps({"action": action}).encode())
        if code not in (expected, 503, 400, 0) or (expected == 404 and code == 400):
            self.chaos.wrong.append(f"{self.name} got {code} for {action} {run}, not {expected}")

    def _ask(self, path: str, body: bytes | None = None) -> int:
        """The status of an answer; 0 while the server is dead."""
        headers = {"cookie": self.cookie, "content-type": "application/json"}
        request = urllib.request.Request(self.lab.url + path, body, headers)
        try:
            with urllib.request.urlopen(request, timeout=20) as answer:
                self.chaos.done["answers 200"] += 1
                return int(answer.status)
        except urllib.error.HTTPError as error:
            self.chaos.done[f"answers {error.code}"] += 1
            return error.code
        except OSError:
            return 0

    def _finished(self, run: str) -> bool:
        row = get(self.chaos.catalog, run)
        return row is not None and row.state == "finished"

    def _all_finished(self) -> bool:
        return all(self._finished(run) for run in self.runs)

    @staticmethod
    def expected(flat: dict[str, Any]) -> tuple[Any, Any]:
        """Weights and curves of the same run, trained here without any disturbance."""
        return _undisturbed(json.dumps(flat, sort_keys=True))


@cache
def _undisturbed(flat: str) -> tuple[Any, Any]:
    with tempfile.TemporaryDirectory() as folder:
        run = RunStore(Path(folder)).create(RunSpec.from_flat(json.loads(flat)))
        for _ in Driver(run).events():
            pass
        return twin(run)


def twin(run: Run) -> tuple[Any, Any]:
    """What must be equal of two runs with the same settings."""
    return weights(run), curves(run)
