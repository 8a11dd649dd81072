"""What a person is looking at, kept in the page's link; the only place that touches state."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

import streamlit as st

from aecore.errors import InputError
from aecore.runs import Run
from ui.access import see, visitor
from ui.calm import Calm, to_the_end

RUN = "run"
WORDS, SHOWN, SHARE, ENTER = "q", "show", "share", "enter"
DATA, UPLOAD, SHARED_DATA = "data", "upload", "shared_data"
OF_DATA = (DATA, UPLOAD, SHARED_DATA, "part", "of_class", "sheet_number", "pictured", "column")
"""Names in links of the Data page, beside those of how a data set is split."""
LAB = (
    "lab", "lab_start", "lab_image", "lab_ends", "lab_from_image", "lab_to_image", "lab_path",
    "lab_from", "lab_to", "lab_strength", "lab_source", "lab_parts", "lab_seed", "lab_class",
)  # fmt: skip
"""Names in links of what is done with a code."""
REPORTED = (
    "sort", "shown_units", "measured_on", "also", "count", "group", "errors", "sheet", "suspects",
    "score", "alarms", "files", "fitted", "measure", "headers", "rounding", "sample",
    "one", "other", "drawn_over", "task", "umap",
)  # fmt: skip
"""Names in links of the pages that show reports."""
OTHERS = (
    *LAB, *REPORTED, *OF_DATA,
    "corrupt", "strength", "noise_seed", "order", "label", "maps", "colour", "chosen", "number",
    "view", "beside", "set", "seeds",
    WORDS, SHOWN, SHARE, ENTER,
)  # fmt: skip
"""Names in links that belong to other pages than Train; no setting of a run may have one of them.
"""
LATE = 1.5
"""Seconds after the page was drawn in which a press may still come with the link of before."""

_TAB = Calm(lambda: st.session_state)
_LINK = Calm(lambda: st.query_params)


def new_tab() -> bool:
    """Whether this tab is drawn for the first time."""
    known = "tab" in _TAB
    _TAB["tab"] = True
    return not known


def linked_run() -> Run | None:
    """The run that the link names, if it does and the run is here."""
    return _found(_LINK.get(RUN, ""))


def shows_run() -> bool:
    """Whether the newest link names a run, though the browser may not have heard of it yet."""
    settle_link()
    return linked_run() is not None


def bad_link() -> bool:
    """Whether the link names a run that is not here, cannot be read, or is not yours to see."""
    return RUN in _LINK and linked_run() is None


def current_run() -> Run | None:
    """The run of the link, else the one last looked at; None for a bad link."""
    if RUN not in _LINK:
        return _found(_TAB.get(RUN, ""))
    run = linked_run()
    if run is not None:
        _TAB[RUN] = run.id
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
    _TAB[RUN] = run.id
    write_link({RUN: run.id})


@to_the_end
def unfold(run_id: str) -> None:
    """Make the link of the Runs page name a run beside what is searched for; "" for none."""
    _LINK.pop(RUN, None)
    if run_id:
        _TAB[RUN] = run_id
        _LINK[RUN] = run_id


def select_last() -> None:
    """Make the link name the run last looked at again."""
    run = _found(_TAB.get(RUN, ""))
    if run is not None:
        select_run(run)


@to_the_end
def pick_run(key: str) -> None:
    """Make the run that the widget of this key holds the current one."""
    run = _found(str(_TAB[key]))
    if run is not None:
        select_run(run)


def forget_run() -> None:
    """Leave the run that was looked at last."""
    _TAB.pop(RUN, None)


def link_settings() -> dict[str, str]:
    """The settings of a run in the link, as chosen last."""
    settle_link()
    return {k: v for k, v in _LINK.copy().items() if k not in (RUN, *OTHERS)}


def settle_link() -> None:
    """Put the newest link back where a press came with the one of before.

    Whoever types a number and presses Start at once sends two messages before the browser has the
    new link, and the second still carries the old one.
    """
    given = _LINK.copy()
    newest, left = _TAB.get("trail", ({}, []))
    if given != newest and given in [old for old, drawn in left if not _long_ago(drawn)]:
        _LINK.replace(newest)


def write_link(link: Mapping[str, str]) -> None:
    """Make this the link, and remember what it was a moment ago."""
    _, left = _TAB.get("trail", ({}, []))
    left = [(old, drawn) for old, drawn in left if not _long_ago(drawn)]
    _TAB["trail"] = (dict(link), [*left, (_LINK.copy(), None)])
    _LINK.replace(link)


def note_drawn() -> None:
    """Say that the page was drawn to its end: the browser has the link by now, or very soon."""
    newest, left = _TAB.get("trail", ({}, []))
    now = time.monotonic()
    _TAB["trail"] = (newest, [(old, drawn or now) for old, drawn in left])


def _long_ago(drawn: float | None) -> bool:
    return drawn is not None and time.monotonic() - drawn > LATE


def linked(name: str, default: str) -> str:
    """What the link says of a widget of the pages that look at a run."""
    return str(_LINK.get(name, default))


@to_the_end
def remember(name: str, key: str, words: Mapping[object, str] | None = None) -> None:
    """Write a widget of the pages that look at a run into the link; words: its values as text."""
    value = _TAB[key]
    if words is not None:
        value = words[value]
    _LINK[name] = ",".join(value) if isinstance(value, list) else str(value)


def note_in_link(name: str, value: str) -> None:
    """Have the link say this, or nothing where it is empty."""
    if value:
        _LINK[name] = value
    else:
        _LINK.pop(name, None)


def set_widget(key: str, value: object) -> None:
    """Have the widget of this key show a value: the link decides, also after an edit elsewhere."""
    _TAB[key] = value


def widget_value(key: str) -> Any:
    """What the widget of this key holds."""
    return _TAB[key]


def offer_start() -> None:
    """Note that the form is on the page, so that one press of Start may follow."""
    _TAB.pop("started", None)


def take_offer() -> bool:
    """Whether a press of Start is the first since the form was shown.

    A second click can be on its way while the first still works; it must not start another run.
    """
    first = not start_taken()
    _TAB["started"] = True
    return first


def start_taken() -> bool:
    """Whether a press of Start was heard since the form was shown."""
    return "started" in _TAB


def leave_note(text: str) -> None:
    """Keep a sentence for the next time the page is drawn."""
    _TAB["note"] = text


def take_note() -> str:
    """The sentence that was left, once; else nothing."""
    return str(_TAB.pop("note", ""))


def linked_id() -> str:
    """The id that the link names, whatever it is."""
    return str(_LINK.get(RUN, ""))


def take_from_link(name: str) -> str:
    """What the link carries under a name, and not any more; else nothing."""
    return str(_LINK.pop(name, ""))


def hold(name: str, value: object) -> None:
    """Keep something for this tab until it is let go: a link just made, a run just deleted."""
    _TAB[f"held:{name}"] = value


def held(name: str) -> Any:
    """What this tab keeps under a name; None for nothing."""
    return _TAB.get(f"held:{name}")


def let_go(name: str) -> None:
    """Keep it no longer."""
    _TAB.pop(f"held:{name}", None)
