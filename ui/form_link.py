"""The Train form's choices as a link: read, salvaged, and changed one at a time."""

from __future__ import annotations

from collections.abc import Mapping

from aecore.config import knobs
from aecore.errors import InputError, UnknownName
from aecore.models import variants
from aecore.networks import networks
from aecore.runs import CHOICES, RunSpec
from aecore.runs.spec import all_knobs, chosen_names
from ui.calm import to_the_end
from ui.data_choice import check_data
from ui.selection import forget_run, link_settings, write_link

MOST_PROBLEMS = 8
"""So many wrong parts of a link are told; a link with more was not made by this app."""


def linked_spec() -> tuple[RunSpec, list[str]]:
    """The spec that the link describes, and a sentence on each part that could not be used."""
    given, problems = link_settings(), []
    try:
        check_data(given.get("dataset", ""))
    except UnknownName as error:  # somebody else's is as unknown as one that there is not
        problems.append(str(error))
        del given["dataset"]
    try:
        return RunSpec.from_flat(given), problems
    except InputError:
        spec, more = _salvage(given)
        return spec, problems + more


def _salvage(given: Mapping[str, str]) -> tuple[RunSpec, list[str]]:
    """Keep what can be used of a link, choices first; what no form ever wrote is not read on."""
    accepted: dict[str, str] = {}
    problems: list[str] = []
    for name in sorted(given, key=lambda name: name not in CHOICES):
        try:
            RunSpec.from_flat({**accepted, name: given[name]})
        except InputError as error:
            problems.append(str(error))
            if len(problems) == MOST_PROBLEMS:
                break
        else:
            accepted[name] = given[name]
    return RunSpec.from_flat(accepted), problems


def choose(name: str, value: object) -> None:
    """Write one choice of the form into the link, dropping what no longer has a meaning."""
    spec, _ = linked_spec()
    flat = {**spec.to_flat(), name: repr(value) if isinstance(value, float) else str(value)}
    if name in CHOICES:
        flat = _meaningful(flat)
    write_link(_fitting(flat, name))


def _meaningful(flat: Mapping[str, str]) -> dict[str, str]:
    """Without the settings that the choices do not have, and a network that none would use.

    Learning rates that were set by hand at certain steps go too: those were another run's.
    """
    names = chosen_names({k: v for k, v in flat.items() if k in CHOICES})
    known = {*CHOICES, *(declared.name for _, declared in all_knobs(names))}
    if not variants[names["variant"]].uses_network:
        known -= {"network", *(k.name for k in knobs(networks[names["network"]].Config))}
    return {k: v for k, v in flat.items() if k in known}


def _fitting(flat: dict[str, str], latest: str) -> dict[str, str]:
    """Shortest link for these values; a value that the latest choice rules out goes."""
    for name in [None, *(k for k in flat if k not in CHOICES and k != latest)]:
        trial = {k: v for k, v in flat.items() if k != name}
        try:
            return RunSpec.from_flat(trial).to_flat()
        except InputError:
            continue
    return {name: flat[name] for name in CHOICES if name in flat}


@to_the_end
def drop_rate_changes() -> None:
    """Take the learning rates of certain steps out of the link."""
    spec, _ = linked_spec()
    write_link(spec.with_changes({}).to_flat())


@to_the_end
def edit_spec(spec: RunSpec) -> None:
    """Leave the run and make the link a form filled with its settings."""
    forget_run()
    write_link(spec.to_flat())
