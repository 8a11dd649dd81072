"""What a person is looking at, kept in the page's link; the only place that touches state."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

import streamlit as st

from aecore.errors import InputError
from aecore.runs import Run
from ui.access import see, visitor

RUN = "run"
WORDS, SHOWN, SHARE, ENTER = "q", "show", "share", "enter"
OTHERS = ("corrupt", "strength", "noise_seed", "order", "label", WORDS, SHOWN, SHARE, ENTER)
"""Names in links that belong to other pages than Train; no setting of a run may have one of them.
"""
LATE = 1.5
"""Seconds after the page was drawn in which a press may still come with the link of before."""


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


def forget_run() -> None:
    """Leave the run that was looked at last."""
    st.session_state.pop(RUN, None)


def link_settings() -> dict[str, str]:
    """The settings of a run in the link, as chosen last.

    Whoever types a number and presses Start at once sends two messages before the browser has the
    new link, and the second still carries the old one.
    """
    given = _settings()
    newest, left = st.session_state.get("trail", ({}, []))
    if given == newest or given not in [old for old, drawn in left if not _long_ago(drawn)]:
        return given
    st.query_params.from_dict(newest)
    return dict(newest)


def write_settings(settings: Mapping[str, str]) -> None:
    """Make these the link, and nothing else; and remember what it was a moment ago."""
    _, left = st.session_state.get("trail", ({}, []))
    left = [(old, drawn) for old, drawn in left if not _long_ago(drawn)]
    st.session_state["trail"] = (dict(settings), [*left, (_settings(), None)])
    st.query_params.from_dict(settings)


def note_drawn() -> None:
    """Say that the page was drawn to its end: the browser has the link by now, or very soon."""
    newest, left = st.session_state.get("trail", ({}, []))
    now = time.monotonic()
    st.session_state["trail"] = (newest, [(old, drawn or now) for old, drawn in left])


def _long_ago(drawn: float | None) -> bool:
    return drawn is not None and time.monotonic() - drawn > LATE


def _settings() -> dict[str, str]:
    return {k: v for k, v in st.query_params.items() if k not in (RUN, *OTHERS)}


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
