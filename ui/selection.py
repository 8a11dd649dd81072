"""What a person is looking at, kept in the page's link; the only place that touches state."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from aecore.config import knobs
from aecore.errors import InputError
from aecore.models import variants
from aecore.networks import networks
from aecore.runs import CHOICES, Run, RunSpec
from aecore.runs.spec import all_knobs, chosen_names
from ui.access import see, visitor

RUN = "run"
WORDS, SHOWN, SHARE, ENTER = "q", "show", "share", "enter"
OTHERS = ("corrupt", "strength", "noise_seed", "order", "label", WORDS, SHOWN, SHARE, ENTER)
"""Names in links that belong to other pages than Train; no setting of a run may have one of them.
"""
MOST_PROBLEMS = 8
"""So many wrong parts of a link are told; a link with more was not made by this app."""


def new_tab() -> bool:
    """Whether this tab is drawn for the first time."""
    known = "tab" in st.session_state
    st.session_state["tab"] = True
    return not known


def linked_run() -> Run | None:
    """The run that the link names, if it does and the run is here."""
    return _found(st.query_params.get(RUN, ""))


def bad_link() -> bool:
    """Whether the link names a run that is not here, cannot be read, or is not yours to see."""
    return RUN in st.query_params and linked_run() is None


def current_run() -> Run | None:
    """The run of the link, else the one last looked at; None for a bad link."""
    if RUN not in st.query_params:
        return _found(st.session_state.get(RUN, ""))
    run = linked_run()
    if run is not None:
        st.session_state[RUN] = run.id
    return run


def _found(run_id: str) -> Run | None:
    try:
        run = see(visitor(), run_id).run
        run.spec  # noqa: B018  a run that cannot be read is as good as gone
    except InputError:
        return None
    return run


def select_run(run: Run) -> None:
    """Make a run the current one, and the link name it and nothing else."""
    st.session_state[RUN] = run.id
    st.query_params.from_dict({RUN: run.id})


def unfold(run_id: str) -> None:
    """Make the link of the Runs page name a run beside what is searched for; "" for none."""
    st.query_params.pop(RUN, None)
    if run_id:
        st.session_state[RUN] = run_id
        st.query_params[RUN] = run_id


def select_last() -> None:
    """Make the link name the run last looked at again."""
    run = _found(st.session_state.get(RUN, ""))
    if run is not None:
        select_run(run)


def pick_run(key: str) -> None:
    """Make the run that the widget of this key holds the current one."""
    run = _found(str(st.session_state[key]))
    if run is not None:
        select_run(run)


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
    st.query_params.from_dict(_fitting(flat, name))


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


def drop_rate_changes() -> None:
    """Take the learning rates of certain steps out of the link."""
    spec, _ = linked_spec()
    st.query_params.from_dict(spec.with_changes({}).to_flat())


def linked(name: str, default: str) -> str:
    """What the link says of a widget of the Reconstruct page."""
    return str(st.query_params.get(name, default))


def remember(name: str, key: str) -> None:
    """Write a widget of the Reconstruct page into the link."""
    st.query_params[name] = str(st.session_state[key])


def set_widget(key: str, value: object) -> None:
    """Have the widget of this key show a value: the link decides, also after an edit elsewhere."""
    st.session_state[key] = value


def widget_value(key: str) -> Any:
    """What the widget of this key holds."""
    return st.session_state[key]


def offer_start() -> None:
    """Note that the form is on the page, so that one press of Start may follow."""
    st.session_state["offered"] = True


def take_offer() -> bool:
    """Whether a press of Start is the first since the form was shown.

    A second click can be on its way while the first still works; it must not start another run.
    """
    return bool(st.session_state.pop("offered", False))


def leave_note(text: str) -> None:
    """Keep a sentence for the next time the page is drawn."""
    st.session_state["note"] = text


def take_note() -> str:
    """The sentence that was left, once; else nothing."""
    return str(st.session_state.pop("note", ""))


def linked_id() -> str:
    """The id that the link names, whatever it is."""
    return str(st.query_params.get(RUN, ""))


def take_from_link(name: str) -> str:
    """What the link carries under a name, and not any more; else nothing."""
    return str(st.query_params.pop(name, ""))


def hold(name: str, value: object) -> None:
    """Keep something for this tab until it is let go: a link just made, a run just deleted."""
    st.session_state[f"held:{name}"] = value


def held(name: str) -> Any:
    """What this tab keeps under a name; None for nothing."""
    return st.session_state.get(f"held:{name}")


def let_go(name: str) -> None:
    """Keep it no longer."""
    st.session_state.pop(f"held:{name}", None)
