"""From plain values to the configs of a run's parts, and from these to its network."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aecore.config import Knob, Settings, knobs
from aecore.errors import InputError
from aecore.models import Autoencoder
from aecore.networks import Network, NetworkConfig, networks
from aecore.samples import NOUNS, Kind, Layout

PIXELS_ONLY = ("bce", "continuous_bernoulli")
"""Losses for numbers from 0 to 1."""


def parse_parts(
    kinds: Mapping[str, type[Settings]], given: Mapping[str, Any], hints: Mapping[str, Any]
) -> dict[str, Any]:
    """The config of each part from flat values; what is left out has its hint or its default.

    Raises InputError for what cannot be used, names that no part has included.
    """
    rest, parts = dict(given), {}
    for part, kind in kinds.items():
        chosen = {k.name: _value(k, rest.pop(k.name)) for k in knobs(kind) if k.name in rest}
        suits = {k.name: hints[k.name] for k in knobs(kind) if _takes(k, hints.get(k.name))}
        parts[part] = kind.parse({**suits, **chosen})
    if rest:
        known = ", ".join(sorted(k.name for kind in kinds.values() for k in knobs(kind)))
        raise InputError(
            f"There is no setting {next(iter(rest))[:60]!r} here; the settings are: {known}."
        )
    return parts


def _takes(declared: Knob, hint: Any) -> bool:
    """Whether there is a hint that a knob can have: one of a data set may suit most variants."""
    if hint is None:
        return False
    if declared.low is not None and declared.high is not None:
        return declared.low <= hint <= declared.high
    return not declared.choices or hint in declared.choices


def suggested_by(variant: type[Autoencoder], layout: Layout) -> dict[str, Any]:
    """What a variant suggests, by flat name, as far as it has a meaning for the samples.

    A loss for pixels gives way, where these are no images, to a Gaussian of learnt width, or to
    the squared error where some columns are categories.
    """
    given = variant.suggested
    hints = {name: value for name, value in given.items() if _suits(layout.kind, name, value)}
    if layout.kind != "image" and given.get("likelihood") in PIXELS_ONLY:
        hints["likelihood"] = "mse" if layout.groups else "gaussian"
    return hints


def _suits(kind: Kind, name: str, value: Any) -> bool:
    if kind == "image":
        return True
    if name == "likelihood":
        return value not in PIXELS_ONLY
    return name != "network" or kind in networks[value].kinds


def network_for(
    variant: type[Autoencoder],
    name: str,
    layers: NetworkConfig,
    shape: tuple[int, int, int],
    of: Kind,
) -> Network:
    """The network of a variant for samples of a shape and a kind. Raises InputError."""
    if not variant.uses_network:  # it asks for the shape only, so that any network will do
        kind = networks["mlp"]
        return kind(kind.Config(), shape)
    if of not in networks[name].kinds:
        title = networks[name].title
        raise InputError(f"{title}: this network is not made for {NOUNS[of][1]}; choose mlp.")
    return networks[name](layers, shape)


def _value(declared: Knob, value: Any) -> Any:
    return declared.parse(value) if isinstance(value, str) else value
