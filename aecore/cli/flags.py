"""The flags of `train`: one for every knob, read off the configs' own declarations."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from aecore.config import Knob, Settings, knobs
from aecore.corruptions import corruptions
from aecore.datasets import SplitConfig, datasets
from aecore.models import variants
from aecore.networks import networks
from aecore.registry import Registry
from aecore.runs.spec import RunSpec, chosen_names
from aecore.training import TrainConfig

REGISTRIES: dict[str, Registry[Any]] = {
    "variant": variants,
    "network": networks,
    "corruption": corruptions,
    "dataset": datasets,
}
SWITCHES = ("--json", "--help", "-h")
"""Flags without a value; every other takes one."""
METAVARS = {"int": "N", "float": "X", "bool": "true|false", "text": "TEXT"}
CHANGES_HELP = "Learning rates set from a step on, such as 120:0.001,240:0.0005."


@dataclass(frozen=True)
class Flag:
    """A knob as a flag; owners: the choices that have it, where it takes one of them."""

    knob: Knob
    default: Any
    owners: tuple[str, ...] = ()

    def help(self) -> str:
        """What it does, its bounds, and what it is where left out."""
        text = self.knob.help
        if self.owners:
            text += f" For {', '.join(self.owners)}."
        if self.knob.low is not None and self.knob.high is not None:
            text += f" From {self.knob.low:g} to {self.knob.high:g}."
        return f"{text} Default: {_shown(self.default)}.".replace("%", "%%")


def add_flags(parser: argparse.ArgumentParser, argv: list[str]) -> None:
    """Add the four choices and every knob that goes with them.

    Where a choice is left open, the knobs of all its possible values are there: which of them
    go together is for `RunSpec.from_flat` to say. Raises UnknownName for a choice not there.
    """
    given = {name: value for name, value in _peek(argv).items() if name in REGISTRIES}
    for name, value in given.items():
        REGISTRIES[name][value]  # noqa: B018  an unknown name is told before anything else
    names = chosen_names(given)
    defaults = {knob.name: value for knob, value in RunSpec.from_flat(names).values()}
    known = ", ".join(variants)
    parser.add_argument("variant", metavar="VARIANT", help=f"one of: {known}")
    for choice in REGISTRIES:
        group = parser.add_argument_group(choice)
        if choice != "variant":
            _add_choice(group, choice, names[choice])
        open_choice = choice not in given
        add(group, _flags_of(choice, names[choice], defaults, open_choice))
        if choice == "dataset":
            add(group, (Flag(knob, defaults[knob.name]) for knob in knobs(SplitConfig)))
    group = parser.add_argument_group("training")
    add(group, (Flag(knob, defaults[knob.name]) for knob in knobs(TrainConfig)))
    _add_text(group, "learning_rate_changes", "STEP:X,…", CHANGES_HELP)


def given_flags(arguments: argparse.Namespace) -> dict[str, str]:
    """What was set on the command line, by flat name, as text."""
    mine = ("handler", "json")
    return {name: value for name, value in vars(arguments).items() if name not in mine}


def _peek(argv: list[str]) -> dict[str, str]:
    """The flags with their values and the variant, before it is known which flags there are."""
    found, rest = {}, iter(argv)
    for word in rest:
        if word in SWITCHES:
            continue
        if word.startswith("--"):
            name, equals, value = word[2:].partition("=")
            found[name] = value if equals else next(rest, "")
        else:
            found.setdefault("variant", word)
    return found


def _flags_of(
    choice: str, name: str, defaults: Mapping[str, Any], open_choice: bool
) -> Iterator[Flag]:
    """The knobs of one choice, then those that only other values of it have."""
    own: type[Settings] = REGISTRIES[choice][name].Config
    for knob in knobs(own):
        yield Flag(knob, defaults[knob.name])
    if open_choice:
        yield from others(REGISTRIES[choice], {knob.name for knob in knobs(own)})


def others(registry: Registry[Any], seen: set[str]) -> Iterator[Flag]:
    """The knobs of a registry's entries without those seen already, each with who has it."""
    declared: dict[str, tuple[Knob, list[str]]] = {}
    for name, kind in registry.items():
        for knob in knobs(kind.Config):
            declared.setdefault(knob.name, (knob, []))[1].append(name)
    for name, (knob, owners) in declared.items():
        if name not in seen:
            yield Flag(knob, knob.default, tuple(owners))


def _add_choice(group: argparse._ArgumentGroup, choice: str, default: str) -> None:
    text = f"One of: {', '.join(REGISTRIES[choice])}. Default: {default}."
    _add_text(group, choice, "NAME", text)


def add(group: argparse._ArgumentGroup, flags: Iterator[Flag]) -> None:
    """Flags that are handed on as text where they are given, and are absent where they are not."""
    for flag in flags:
        metavar = METAVARS.get(flag.knob.kind) or "|".join(flag.knob.choices)
        _add_text(group, flag.knob.name, metavar, flag.help())


def _add_text(group: argparse._ArgumentGroup, name: str, metavar: str, text: str) -> None:
    """A flag that is handed on as text where it is given, and is absent where it is not."""
    option = "--" + name.replace("_", "-")
    group.add_argument(option, dest=name, metavar=metavar, default=argparse.SUPPRESS, help=text)


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:g}" if isinstance(value, float) else str(value) or "empty"
