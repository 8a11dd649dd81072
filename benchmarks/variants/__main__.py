"""Trains the pairs by turns and writes their table."""

from __future__ import annotations

import argparse
import json
import logging
import warnings
from dataclasses import asdict, replace
from importlib.metadata import version
from typing import Any

import torch

from aecore.datasets import ImageData
from benchmarks.machine import describe, device_name
from benchmarks.training import RESULTS, mnist_root
from benchmarks.variants import ours, theirs
from benchmarks.variants.pairs import BATCH, FULL, PAIRS, SHORT, Pair, Plan
from benchmarks.variants.rows import BETTER, HEAD, Row, line
from benchmarks.variants.trained import Trained, images_of, measures

MOST_APART = 1e-4


def gradients_apart(pair: Pair, values: dict[str, Any], data: ImageData) -> float:
    """How far both sides' gradients of one batch are apart, by the length of ours.

    Raises RuntimeError above MOST_APART: then both do not minimise the same loss.
    """
    seed = values["seed"]
    model = ours.fresh(values, data)
    model.prepare(data.part("train"), data.part_labels("train"), seed)
    x = data.part("train", BATCH) / 255
    of_theirs = theirs.gradients(pair, model, x, seed)
    of_ours = ours.gradients(model, x, seed)
    found, wanted = (torch.cat([g.flatten() for g in side]) for side in (of_theirs, of_ours))
    apart = float((found - wanted).norm() / wanted.norm())
    if apart > MOST_APART:
        raise RuntimeError(
            f"{pair.variant}: the two gradients of one batch are {apart:.2g} of their length "
            f"apart, {MOST_APART:g} is allowed; bring the settings in pairs.py together."
        )
    return apart


def train_both(pair: Pair, plan: Plan, seed: int, data: ImageData) -> tuple[Trained, Trained]:
    """Ours and theirs from the same first weights, one after the other."""
    values = pair.ours(plan, seed)
    torch.set_flush_denormal(False)  # as a process starts; our session sets it
    of_ours = ours.train(values, data)
    torch.set_flush_denormal(False)
    of_theirs = theirs.train(pair, ours.fresh(values, data), data, plan.epochs, seed)
    return of_ours, of_theirs


def compare(pair: Pair, plan: Plan) -> dict[str, Any]:
    """Everything that is kept of a pair."""
    machine = describe()
    values = pair.ours(plan, plan.seeds[0])
    data = images_of(values, plan)
    apart = gradients_apart(pair, values, data)
    train_both(pair, replace(plan, epochs=1), plan.seeds[0], data)  # the first run warms up
    found = [
        [measures(side, data) for side in train_both(pair, plan, seed, data)] for seed in plan.seeds
    ]
    rows = [
        Row(pair.variant, name, [mine[name] for mine, _ in found], [its[name] for _, its in found])
        for name in BETTER
    ]
    return {
        "machine": machine,
        "pythae": version("pythae"),
        "plan": asdict(plan),
        "ours": values,
        "theirs": {"model": pair.peer, **pair.settings},
        "gradients_apart": apart,
        "note": pair.note,
        "rows": rows,
    }


def main() -> None:
    """Compare what was asked for; full settings replace these pairs in the kept table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.variants", description=__doc__)
    known = [pair.variant for pair in PAIRS]
    parser.add_argument("names", nargs="*", help=f"of: {', '.join(known)}; all by default")
    parser.add_argument("--short", action="store_true", help="a minute instead of many; not kept")
    asked = parser.parse_args()
    unknown = set(asked.names) - set(known)
    if unknown:
        parser.error(f"there is no pair {min(unknown)!r}; choose {', '.join(known)}")
    torch.set_num_threads(1)
    logging.disable(logging.WARNING)
    warnings.simplefilter("ignore")
    mnist_root(None)  # downloads it where it is missing
    chosen = [pair for pair in PAIRS if pair.variant in (asked.names or known)]
    print(HEAD)
    for pair in chosen:
        found = compare(pair, SHORT if asked.short else FULL)
        print(*map(line, found["rows"]), sep="\n", flush=True)
        if not asked.short:
            _keep(pair.variant, found)
    print(*(f"- {pair.variant}: {pair.note}" for pair in chosen if pair.note), sep="\n")


def _keep(name: str, found: dict[str, Any]) -> None:
    path = RESULTS / f"pythae-{device_name()}.json"
    kept = json.loads(path.read_text()) if path.exists() else {}
    kept[name] = {**found, "rows": [row.to_json() for row in found["rows"]]}
    path.write_text(json.dumps(kept, indent=1, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
