"""`datasets`, `variants`, `networks` and `corruptions`: what there is to choose from."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Sequence
from typing import Any

from aecore.catalog.data import listed
from aecore.catalog.people import OWNER, Person
from aecore.catalog.store import Catalog
from aecore.cli.output import say_json, say_table
from aecore.config import Knob, Settings, knobs
from aecore.corruptions import corruptions as all_corruptions
from aecore.datasets import datasets as all_datasets
from aecore.models import variants as all_variants
from aecore.networks import networks as all_networks

Item = dict[str, Any]


def datasets(arguments: Namespace) -> int:
    """The data sets, the owner's own first."""
    mine = [row.name for row in listed(Catalog(), Person(OWNER, "owner"))]
    items = [_dataset(name) for name in (*mine, *all_datasets)]
    rows = [
        (i["name"], i["title"], "×".join(map(str, i["shape"])), len(i["classes"]), _ready(i))
        for i in items
    ]
    return _show(arguments, items, ("NAME", "TITLE", "SHAPE", "CLASSES", "READY"), rows)


def variants(arguments: Namespace) -> int:
    """The kinds of autoencoder."""
    items = [
        {
            "name": name,
            "title": kind.title,
            "idea": kind.idea,
            "paper": kind.paper,
            "year": kind.year,
            "knobs": _knobs(kind.Config),
        }
        for name, kind in all_variants.items()
    ]
    rows = [(i["name"], i["title"], i["year"], i["paper"]) for i in items]
    return _show(arguments, items, ("NAME", "TITLE", "YEAR", "PAPER"), rows)


def networks(arguments: Namespace) -> int:
    """The networks."""
    return _show_ideas(arguments, all_networks)


def corruptions(arguments: Namespace) -> int:
    """The ways to damage the input."""
    return _show_ideas(arguments, all_corruptions)


def _dataset(name: str) -> Item:
    kind = all_datasets[name]
    source = kind(kind.Config())
    return {
        "name": name,
        "title": kind.title,
        "summary": kind.summary,
        "licence": kind.licence,
        "shape": list(source.shape),
        "classes": list(source.classes),
        "ready": source.ready(),
        "knobs": _knobs(kind.Config),
    }


def _ready(item: Item) -> str:
    return "yes" if item["ready"] else "downloads when first used"


def _show_ideas(arguments: Namespace, registry: Any) -> int:
    items = [
        {"name": name, "title": kind.title, "idea": kind.idea, "knobs": _knobs(kind.Config)}
        for name, kind in registry.items()
    ]
    rows = [(item["name"], item["title"], item["idea"]) for item in items]
    return _show(arguments, items, ("NAME", "TITLE", "IDEA"), rows)


def _show(
    arguments: Namespace, items: list[Item], titles: Sequence[str], rows: Sequence[Sequence[object]]
) -> int:
    if arguments.json:
        say_json(items)
    else:
        say_table(titles, rows)
    return 0


def _knobs(config: type[Settings]) -> list[Item]:
    return [_knob(declared) for declared in knobs(config)]


def _knob(declared: Knob) -> Item:
    return {
        "name": declared.name,
        "label": declared.label,
        "kind": declared.kind,
        "default": declared.default,
        "low": declared.low,
        "high": declared.high,
        "choices": list(declared.choices),
        "help": declared.help,
    }
