"""The list of the Runs page: what is searched for, one line a run, twenty-five on a page."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Literal

import streamlit as st

from aecore.catalog import queue, runs
from aecore.catalog.rows import ACTIVE, WAITING, RunRow
from aecore.catalog.standing import standing
from aecore.errors import AecoreError
from aecore.runs.status import plain_sentence
from ui.access import catalog, seen, slots, visitor
from ui.image import image
from ui.resources import run_thumbnail
from ui.selection import SHOWN, WORDS, linked, linked_id, remember, set_widget, unfold, widget_value
from ui.words import ago, count_of, data_and_variant, measured, plain, title

PAGE = 25
WIDTHS = (3, 6, 2.5, 3)
SECONDS = 3.0
STATES: dict[str, tuple[str, ...]] = {
    "All": (),
    "At work": ACTIVE,
    "Waiting": WAITING,
    "Finished": ("finished",),
    "Paused or stopped": ("paused", "stopped", "interrupted"),
    "Failed": ("failed",),
}
Colour = Literal["green", "red", "blue", "gray"]
COLOURS: dict[str, Colour] = {"finished": "green", "failed": "red", **dict.fromkeys(ACTIVE, "blue")}


def has_any() -> bool:
    """Whether the visitor has a run that is not in the trash."""
    return runs.how_many(catalog(), visitor().id) > 0


def wanted() -> tuple[str, tuple[str, ...]]:
    """What the two widgets ask for: words, and the states of a group ("()" for any)."""
    words, group = st.columns([3, 1])
    key = "runs:words"
    set_widget(key, linked(WORDS, ""))
    words.text_input(
        "Search", key=key, type="search", icon=":material/search:", on_change=remember,
        args=(WORDS, key), placeholder="name, note, tag, data set, variant",
        help="Shows the runs that have all of these words in name, note, tags, data set, variant, "
        "state or at the end of their id.",
    )  # fmt: skip
    chosen, given = "runs:state", linked(SHOWN, "All")
    set_widget(chosen, given if given in STATES else "All")
    group.selectbox(
        "State", list(STATES), key=chosen, on_change=remember, args=(SHOWN, chosen),
        help="Shows only runs that stand like this.",
    )  # fmt: skip
    return str(widget_value(key)), STATES[str(widget_value(chosen))]


def listing(details: Callable[[RunRow], None]) -> None:
    """The visitor's runs as asked for, newest first; the one that the link names is unfolded.

    Args:
        details: draws what is known of a run, beneath its line.
    """
    words, states = wanted()
    owner = visitor().id
    total = runs.how_many(catalog(), owner, words=words, states=states)
    if total:
        st.caption(f"{count_of(total, 'run')}, newest first. A click on a name unfolds it.")
    else:
        st.caption("No run of yours is like this. Take some words away, or choose another state.")
    lines = st.container()
    pages = max(1, -(-total // PAGE))
    number = st.pagination(pages, key=f"runs:page:{words}:{states}") if pages > 1 else 1
    page = partial(
        runs.listed, catalog(), owner, words=words, states=states, limit=PAGE,
        offset=PAGE * (min(number, pages) - 1),
    )  # fmt: skip
    rows = page()
    with lines:
        _lines(_with_chosen(rows), details)
    _watch(page, _standing(rows))


def _with_chosen(rows: list[RunRow]) -> list[RunRow]:
    """The rows, and before them the run that the link names where it is on another page."""
    chosen = linked_id()
    if not chosen or any(row.id == chosen for row in rows):
        return rows
    row = runs.get(catalog(), chosen)
    mine = row is not None and row.owner == visitor().id and row.deleted is None
    return [row, *rows] if row is not None and mine else rows


def _lines(rows: list[RunRow], details: Callable[[RunRow], None]) -> None:
    chosen = linked_id()
    places = queue.places(catalog(), slots()) if any(row.waiting for row in rows) else {}
    for row in rows:
        with st.container(border=row.id == chosen, key=f"run-{row.id}", gap="small"):
            _line(row, places.get(row.id), row.id == chosen)
            if row.id == chosen:
                details(row)


def _line(row: RunRow, place: queue.Place | None, unfolded: bool) -> None:
    picture, name, state, score = st.columns(WIDTHS, vertical_alignment="center", gap="small")
    sentence, png = row.message or plain_sentence(row.state, row.step), b""
    with suppress(AecoreError):  # its folder is gone; the line stays
        met = seen(row)
        png = run_thumbnail(met.run)
        if row.active or row.waiting:
            sentence = standing(row, met.run, None, place).message
    with picture:
        if png:
            image(png, f"Reconstructions of {title(row)}")
    with name.container(gap=None):
        st.button(
            plain(title(row)), key=f"unfold:{row.id}", type="tertiary", wrap=False,
            icon=":material/keyboard_arrow_down:" if unfolded else ":material/chevron_right:",
            help="Fold this run." if unfolded else "Unfold this run and make it the current one.",
            on_click=unfold, args=("" if unfolded else row.id,),
        )  # fmt: skip
        more = [ago(time.time() - row.created), *(f"#{tag}" for tag in row.tags)]
        st.caption(f"{data_and_variant(row)} · {plain(' · '.join(more))}")
    state.badge(row.state.capitalize(), color=COLOURS.get(row.state, "gray"), help=plain(sentence))
    score.caption(measured(row))


def _standing(rows: list[RunRow]) -> list[tuple[str, str, float | None]]:
    return [(row.id, row.state, row.score) for row in rows]


@st.fragment(run_every=SECONDS)
def _watch(page: Callable[[], list[RunRow]], drawn: list[tuple[str, str, float | None]]) -> None:
    """Draw the page again as soon as a run of it stands otherwise."""
    if _standing(page()) != drawn:
        st.rerun()
