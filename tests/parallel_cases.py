"""What each process of a group does in tests/test_parallel.py: `parallel_cases.py FOLDER`.

Everything told and the last weights of each case go to `FOLDER/<case>-<rank>.json`, as numbers
that lose nothing, so that the tests can compare processes with each other and with one alone.
"""

import json
import os
import sys
from functools import partial
from pathlib import Path

import torch
from torch import distributed

from aecore.corruptions import corruptions
from aecore.jobs.parallel import Crew, called
from aecore.models import variants
from aecore.networks import networks
from aecore.runs.checkpoints import load_last, save
from aecore.training import Failed, Finished, capture, restore
from aecore.training.parallel import ALONE, Parallel
from tests.kit import layer_knobs, logged, open_small, play, session_of

UNEVEN = 31
"""Images in a batch: 15 and 16 for two processes, 10, 10 and 11 for three."""
PLAIN = {"batch_size": UNEVEN, "epochs": 4, "warmup": 0.1, "clip_norm": 5.0, "weight_decay": 0.01}
STEADY = {"published": {"learning_rate": 2e-4}}
"""With larger steps this deep network of ReLUs answers one rounding by more than 1e-6 of its loss,
in a single process too: its start, changed by 1e-7, by up to 4e-3."""
RANDOM = {"dropout": 0.2, "batch_norm": True}
CUT = 9


def session(variant, network, parallel=ALONE, layers=None, **train):
    """One that draws damage for every batch, and the posterior's noise where there is one."""
    corruption = corruptions["gaussian"]
    return session_of(
        variant,
        network,
        open_small("digits", train_limit=200),
        corruption=corruption(corruption.Config(level=0.2)),
        network_knobs=layer_knobs(network, **{"width": 16, **(layers or {})}),
        parallel=parallel,
        **{**PLAIN, **train},
    )


def models():
    """Every registered variant that can be split over processes, with every network."""
    split = [name for name, kind in variants.items() if not kind.whole_batch]
    return {f"{v} {n}": (v, n) for v in split for n in networks}


DECISIONS = {
    "early": {"epochs": 30, "patience": 2, "warmup": 0, "changes": {19: 1.0}},
    "diverging": {"optimizer": "sgd", "learning_rate": 10.0, "warmup": 0, "clip_norm": 0},
    "changed": {"changes": {5: 0.03, 14: 1e-4}},
}
"""Runs that stop early, that fail, and whose learning rate is changed."""


def outcome(events, made):
    """Rows of the curve, the end, and the weights as JSON."""
    rows = [[r.step, r.split, dict(r.terms), r.learning_rate] for r in logged(events)]
    last = events[-1]
    assert isinstance(last, Finished | Failed)
    end = [type(last).__name__, last.step, last.kept_step]
    parameters = [p.detach().flatten().tolist() for p in made.model.parameters()]
    return {"rows": rows, "end": end, "weights": parameters}


def whole(made):
    return outcome(play(made), made)


def in_two(make, folder):
    """Cut at a step and continued by new sessions from what the first process saved."""
    first = make()
    before = play(first, until=CUT)
    if first.parallel.first:
        save(folder, capture(first))
    distributed.barrier()
    torch.manual_seed(12345)  # another process has another random state
    second = make()
    restore(second, load_last(folder)[0])
    return outcome(before + play(second), second)


def cases(parallel, folder):
    """(name, outcome) of every case."""
    for name, (variant, network) in models().items():
        yield name, whole(session(variant, network, parallel, **STEADY.get(network, {})))
    for name, train in DECISIONS.items():
        yield name, whole(session("vae", "mlp", parallel, **train))
    for network in networks:
        make = partial(session, "vae", network, parallel, RANDOM)
        yield f"random {network}", whole(make())
        yield f"random {network} in two", in_two(make, folder / network)


def main():
    folder = Path(sys.argv[1])
    distributed.init_process_group("gloo")
    parallel = Parallel(int(os.environ["RANK"]), int(os.environ["WORLD_SIZE"]))
    if parallel.first:
        Crew(parallel).dismiss()
    else:
        assert called(parallel) is None
    for name, found in cases(parallel, folder):
        (folder / f"{name}-{parallel.rank}.json").write_text(json.dumps(found))
    distributed.destroy_process_group()


if __name__ == "__main__":
    main()
