"""`project` and `measure`: a map of a run's images, and how far maps can be trusted."""

from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Mapping
from typing import Any

from aecore.cli.output import say, say_json, say_table, write_over, write_text
from aecore.config import knobs
from aecore.errors import InputError
from aecore.maps.draw import Drawn
from aecore.maps.measures import (
    MOST_SEEDS,
    Ground,
    draw_and_judge,
    ground_of,
    judge,
    over_seeds,
)
from aecore.maps.samples import samples_of
from aecore.maps.shelf import Shelf, ticket_of
from aecore.maps.spec import MapSpec, kinds
from aecore.metrics.descriptions import MEASURES
from aecore.paths import home
from aecore.projections import Map
from aecore.reports.csv_text import csv_text
from aecore.runs import Run, RunStore
from aecore.runs.inference import LoadedModel, load_model

OWN = ("handler", "json", "id", "csv", "methods", "seeds")


def project(arguments: Namespace) -> int:
    """Draw one map and say what it is worth."""
    spec = MapSpec.from_flat(_settings(arguments))
    run = RunStore()[arguments.id]
    drawn = _drawn(run, load_model(run), spec)
    ground = ground_of(run, spec)
    if arguments.csv:
        _write_csv(arguments.csv, ground, drawn)
    told = {
        "run": run.id,
        "split": "test",
        "n": len(drawn.held_out),
        "fitted_on": len(drawn.train),
        "fitted_on_test_images_too": drawn.together,
        "settings": spec.to_flat(),
        "seconds": drawn.seconds,
        "measured_on": ground.count,
        "measures": drawn.measures,
    }
    if arguments.json:
        say_json(told)
        return 0
    also = " and on the test images, since it cannot place new ones" if drawn.together else ""
    say(f"{spec.title}, fitted on {len(drawn.train):,} training images{also};")
    say(f"{len(drawn.held_out):,} test images shown, drawn in {drawn.seconds:.1f} s.")
    _say_measures({spec.title: drawn.measures}, ground)
    return 0


def measure(arguments: Namespace) -> int:
    """Measures of several maps, and of the code itself, on the same images."""
    seeds = _seeds(arguments.seeds)
    flat = _settings(arguments)
    run = RunStore()[arguments.id]
    loaded = load_model(run)
    specs = [_spec(method, flat) for method in arguments.methods.split(",")]
    ground = ground_of(run, specs[0])
    each: dict[str, list[dict[str, float]]] = {}
    for spec in specs:
        for seed in range(seeds):
            drawn = _drawn(run, loaded, spec.with_seed(spec.config.map_seed + seed))
            each.setdefault(spec.title, []).append(dict(drawn.measures))
    if loaded.model.has_code:
        samples = samples_of(run, loaded, _spec("pca", {**flat, "of": "code"}))
        title = f"The code itself ({samples.train.shape[1]} numbers)"
        each[title] = [judge(ground, samples.train, samples.held_out)]
    found = {title: over_seeds(scores) for title, scores in each.items()}
    if arguments.json:
        told = {"run": run.id, "split": "test", "n": ground.count, "seeds": seeds}
        say_json({**told, "measures": found})
    else:
        _say_measures(found, ground)
    return 0


def _settings(arguments: Namespace) -> dict[str, Any]:
    """What was set on the command line, by flat name."""
    return {name: value for name, value in vars(arguments).items() if name not in OWN}


def _spec(method: str, flat: Mapping[str, Any]) -> MapSpec:
    """A map with those of the given settings that its method has."""
    mine = {knob.name for kind in kinds(method) for knob in knobs(kind)}
    return MapSpec.from_flat({"method": method} | {k: v for k, v in flat.items() if k in mine})


def _seeds(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= MOST_SEEDS:
        raise InputError(f"--seeds: expected 1 to {MOST_SEEDS}, got {text[:40]!r}.")
    return int(text)


def _drawn(run: Run, loaded: LoadedModel, spec: MapSpec) -> Drawn:
    """As it was drawn before, or now."""
    shelf, ticket = Shelf(home()), ticket_of(run, loaded, spec)
    known = shelf.known(ticket)
    if known is not None and known.measures:
        return known
    drawn = draw_and_judge(run, loaded, spec, _follow(spec.title))
    if sys.stderr.isatty():
        write_over("")
    shelf.keep(ticket, drawn, (run.spec.dataset,))
    return drawn


def _follow(title: str) -> Any:
    def follow(share: float, places: Map | None, landmarks: int = 0) -> None:  # noqa: ARG001
        if sys.stderr.isatty():
            write_over(f"{share:.0%}  {title}")

    return follow


def _say_measures(found: Mapping[str, Mapping[str, Any]], ground: Ground) -> None:
    """A row a map; the same images for all."""
    names = list(next(iter(found.values())))
    rows = [[title, *(_shown(scores[name]) for name in names)] for title, scores in found.items()]
    say_table(["", *(MEASURES[name].title for name in names)], rows)
    say(f"On {ground.count:,} test images, against their pixels.")


def _shown(value: Any) -> str:
    if not isinstance(value, dict):
        return f"{value:.3f}"
    deviation = "" if value["deviation"] is None else f" ± {value['deviation']:.3f}"
    return f"{value['mean']:.3f}{deviation}"


def _write_csv(name: str, ground: Ground, drawn: Drawn) -> None:
    pairs = enumerate(zip(ground.names, drawn.held_out.tolist(), strict=True))
    rows = ([index, kind, x, y] for index, (kind, (x, y)) in pairs)
    write_text(name, csv_text(["image", "class", "x", "y"], rows))
