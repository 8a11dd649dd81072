"""Our training loop beside the usual one, pythae's and Lightning's (python -m benchmarks.training).

Every trainer trains the same layers from the same weights on the same 20,000 MNIST images: batch
128, Adam, one processor thread, on the graphics card where there is one. All run in one process
by turns, so that a busy neighbour slows all alike; the first round warms up and is not counted.
What exactly is timed stands at the top of each file in `peers`.
"""

from __future__ import annotations

import argparse
import importlib
import io
import json
import logging
import warnings
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import replace
from pathlib import Path

import torch

from aecore.datasets import datasets
from aecore.paths import data_root
from benchmarks.cases import CASES, Case
from benchmarks.data import IMAGES, Images
from benchmarks.machine import describe, device_name
from benchmarks.table import Speeds, rows, show

Train = Callable[[Case, Images], float]
PEERS = ("ours", "naive", "pythae_trainer", "lightning_trainer")
RESULTS = Path(__file__).parent / "results"


def trainers(wanted: list[str]) -> dict[str, Train]:
    """The trainers whose packages are installed, by name."""
    found: dict[str, Train] = {}
    for name in wanted:
        try:
            module = importlib.import_module(f"benchmarks.peers.{name}")
        except ModuleNotFoundError as error:
            print(f"Without {name}: {error}. Install benchmarks/requirements.txt.")
            continue
        found[module.NAME] = module.train
    return found


def quiet(train: Train, case: Case, images: Images) -> float:
    """One training without what a trainer prints; it still makes its bar and its messages."""
    with redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
        return train(case, images)


def measure(case: Case, running: dict[str, Train], images: Images, rounds: int) -> Speeds:
    """Images a second of every trainer in every round."""
    speeds: Speeds = {name: [] for name in running}
    for number in range(rounds + 1):
        for name, train in running.items():
            torch.set_flush_denormal(False)  # as a process starts; a trainer may choose to set it
            speed = quiet(train, case, images)
            if number:
                speeds[name].append(speed)
    return speeds


def options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--data", type=Path, help="folder that holds MNIST/raw (AECORE_DATA)")
    parser.add_argument("--rounds", type=int, default=5, help="counted rounds; 3 at least")
    parser.add_argument("--images", type=int, default=IMAGES)
    parser.add_argument("--epochs", type=int, help="of every model, in place of its own number")
    parser.add_argument("--only", default="", help="models whose name contains this")
    parser.add_argument("--peers", nargs="+", default=list(PEERS), choices=PEERS)
    parser.add_argument("--dry", action="store_true", help="write no result file")
    return parser.parse_args()


def mnist_root(named: Path | None) -> Path:
    """The folder that holds MNIST, downloaded by the app's own source where it is missing."""
    if named is not None:
        return named
    mnist = datasets["mnist"](datasets["mnist"].Config())
    if not mnist.ready():
        mnist.fetch()
    return data_root()


def main() -> None:
    chosen = options()
    torch.set_num_threads(1)
    logging.disable(logging.WARNING)
    warnings.simplefilter("ignore")
    machine = describe()
    images = Images(mnist_root(chosen.data), chosen.images)
    running = trainers(chosen.peers)
    cases = [
        replace(case, epochs=chosen.epochs or case.epochs)
        for case in CASES
        if chosen.only in case.name
    ]
    measured = {case.name: measure(case, running, images, chosen.rounds) for case in cases}
    print(show(measured))
    if not chosen.dry:
        found = [row for case in cases for row in rows(case, measured[case.name], machine)]
        RESULTS.mkdir(exist_ok=True)
        path = RESULTS / f"training-{device_name()}.json"
        path.write_text(json.dumps(found, indent=1) + "\n")
        print(f"Written: {path}")


if __name__ == "__main__":
    main()
