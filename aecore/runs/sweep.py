"""A sweep over the code size: a run's own settings, with codes of other sizes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import replace
from math import prod

from aecore.errors import InputError
from aecore.runs.checks import blank_model
from aecore.runs.spec import RunSpec
from aecore.runs.store import Run

SIZES = (2, 4, 8, 16, 32, 64)

Specs = dict[int, RunSpec]
"""The spec of each code size, by rising size."""


def sweep_of(spec: RunSpec) -> Specs:
    """The same settings with each of SIZES that is no more than an image has numbers.

    The spec itself is among them. Raises InputError where the variant has no code, or its code has
    another length than the setting says.
    """
    kind = spec.kind
    own = spec.model.latent_dim
    if not kind.has_code:
        raise InputError(
            f"{kind.title} has no code whose size could be varied: its copies pass around the "
            "narrow middle as well."
        )
    if blank_model(spec).code_size != own:
        raise InputError(
            f"The code of {kind.title} holds more than the numbers that Code size sets, so that no "
            "PCA is as long; choose a run of another variant."
        )
    pixels = prod(spec.make_source().shape)
    found = {own: spec}
    for size in SIZES:
        with suppress(InputError):  # a variant may know no code as short
            found.setdefault(size, with_code_size(spec, size))
    return {size: found[size] for size in sorted(found) if size <= pixels or size == own}


def with_code_size(spec: RunSpec, size: int) -> RunSpec:
    """The same settings but for the code size. Raises InputError where that cannot be."""
    model = spec.kind.Config.parse({**spec.model.model_dump(), "latent_dim": size})
    return replace(spec, model=model)


def name_of(spec: RunSpec) -> str:
    """What a run that is started for a sweep is called."""
    return f"Sweep · code of {spec.model.latent_dim} · {spec.kind.title}"


def members(runs: Iterable[Run], specs: Mapping[int, RunSpec]) -> dict[int, list[Run]]:
    """The runs that have exactly these settings, by code size, in the order they come in."""
    found: dict[int, list[Run]] = {size: [] for size in specs}
    for run in runs:
        with suppress(InputError):  # one that cannot be read is none of them
            size = run.spec.model.latent_dim
            if specs.get(size) == run.spec == run.repeatable_spec():
                found[size].append(run)
    return found
