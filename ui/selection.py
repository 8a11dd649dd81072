"""What a person is looking at, kept in the page's link; the only place that touches state."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from aecore.errors import InputError, UnknownName
from aecore.runs import CHOICES, Run, RunSpec, RunStore
from aecore.runs.spec import all_knobs

RUN = "run"
OTHERS = ("corrupt", "level", "noise_seed", "order", "label")
"""Names in links that belong to the Reconstruct page."""


def current_run() -> Run | None:
    """The run of the link, else the one last looked at; None (with a sentence) for a bad link."""
    named = st.query_params.get(RUN)
    if named is not None:
        try:
            run = RunStore()[named]
        except UnknownName:
            st.warning(
                "The link names a run that is not here, or not yours to see. "
                "Choose one of your runs at the left, or train a new one."
            )
            return None
        st.session_state[RUN] = run.id
        return run
    try:
        return RunStore()[st.session_state[RUN]]
    except (KeyError, UnknownName):
        return None


def select_run(run: Run) -> None:
    """Make a run the current one, and the link name it and nothing else."""
    st.session_state[RUN] = run.id
    st.query_params.from_dict({RUN: run.id})


def edit_spec(spec: RunSpec) -> None:
    """Leave the run and make the link a form filled with its settings."""
    st.session_state.pop(RUN, None)
    st.query_params.from_dict(spec.to_flat())


def linked_spec() -> tuple[RunSpec, list[str]]:
    """The spec that the link describes, and a sentence on each part that could not be used."""
    given = {k: v for k, v in st.query_params.items() if k not in (RUN, *OTHERS)}
    try:
        return RunSpec.from_flat(given), []
    except InputError:
        return _salvage(given)


def _salvage(given: Mapping[str, str]) -> tuple[RunSpec, list[str]]:
    """Keep what can be used of a link, choices first."""
    accepted: dict[str, str] = {}
    problems: list[str] = []
    for name in sorted(given, key=lambda name: name not in CHOICES):
        try:
            RunSpec.from_flat({**accepted, name: given[name]})
        except InputError as error:
            problems.append(str(error))
        else:
            accepted[name] = given[name]
    return RunSpec.from_flat(accepted), problems


def choose(name: str, value: object) -> None:
    """Write one choice of the form into the link, dropping what no longer has a meaning."""
    spec, _ = linked_spec()
    flat = {**spec.to_flat(), name: repr(value) if isinstance(value, float) else str(value)}
    if name in CHOICES:
        names = {**spec.names, name: str(value)}
        known = {declared.name for _, declared in all_knobs(names)}
        flat = {k: v for k, v in flat.items() if k in CHOICES or k in known}
    st.query_params.from_dict(_fitting(flat, name))


def _fitting(flat: dict[str, str], latest: str) -> dict[str, str]:
    """Shortest link for these values; a value that the latest choice rules out goes."""
    for name in [None, *(k for k in flat if k not in CHOICES and k != latest)]:
        trial = {k: v for k, v in flat.items() if k != name}
        try:
            return RunSpec.from_flat(trial).to_flat()
        except InputError:
            continue
    return {name: flat[name] for name in CHOICES}


def remember(name: str, key: str) -> None:
    """Write a widget of the Reconstruct page into the link."""
    st.query_params[name] = str(st.session_state[key])
