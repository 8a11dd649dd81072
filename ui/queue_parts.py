"""The Queue page: one's own runs with their places; of other people's only how many there are."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby

import streamlit as st

from aecore.catalog import queue, runs
from aecore.catalog.rows import ACTIVE, WAITING, RunRow
from aecore.catalog.standing import standing
from aecore.errors import AecoreError
from aecore.runs import Status
from ui.access import catalog, obey, see, seen, slots, visitor
from ui.machine import machine, own_limits
from ui.notes import attempt, show_note
from ui.selection import RUN
from ui.words import count_of, data_and_variant, duration, plain, title

RESTING = ("paused", "interrupted")
LISTED = 20
WIDTHS = (4, 5, 4)
LABELS = {"pause": "Pause", "stop": "Stop", "cancel": "Cancel", "resume": "Resume"}
HELP = {
    "pause": "Saves everything and leaves the machine to others; Resume goes on from there.",
    "stop": "Saves everything and ends the training.",
    "cancel": "Takes the run out of the queue; it can be resumed later.",
    "resume": "Back into the queue; it goes on from what was saved last.",
}


@st.fragment(run_every=2.0)
def queue_view(train: str) -> None:
    """Everything of the page that changes by itself.

    Args:
        train: path of the page that shows one run in training.
    """
    show_note()
    me = visitor().id
    busy = [row for row in queue.active(catalog()) if row.engine != queue.SHELL]
    places = queue.places(catalog(), slots())
    machine(len(busy))
    own = runs.listed(catalog(), me, states=(*ACTIVE, *WAITING), limit=len(places) + 1000)
    resting = runs.listed(catalog(), me, states=RESTING, limit=LISTED)
    if not (busy or places or own or resting):
        st.info(
            "Nothing trains and nothing waits. Runs that you start will be here, with their "
            "place in the queue and about when they begin."
        )
        st.page_link(train, label="Train one", icon=":material/model_training:")
    _training(train, [row for row in own if row.active], len([r for r in busy if r.owner != me]))
    _waiting(train, {row.id: row for row in own if row.waiting}, places)
    _resting(train, resting)
    own_limits()


def _training(train: str, own: list[RunRow], others: int) -> None:
    if not own and not others:
        return
    st.subheader("Training", help="Runs that hold a slot of the machine now.")
    for row in own:
        _line(train, row, None, ("pause", "stop"))
    if others:
        st.caption(f"{count_of(others, 'run')} of somebody else.")


def _waiting(train: str, own: dict[str, RunRow], places: dict[str, queue.Place]) -> None:
    if not places:
        return
    st.subheader(
        "Waiting",
        help="Taken in turn: nobody starts a second run while somebody waits for a first.",
    )
    numbered = list(enumerate(places, 1))
    for mine, group in groupby(numbered, key=lambda place: place[1] in own):
        if mine:
            for _, run_id in group:
                _line(train, own[run_id], places[run_id], ("pause", "cancel"))
        else:
            st.caption(_of_others([number for number, _ in group]))


def _of_others(numbers: list[int]) -> str:
    if len(numbers) == 1:
        return f"Place {numbers[0]}: a run of somebody else."
    return f"Places {numbers[0]} to {numbers[-1]}: {len(numbers)} runs of others."


def _resting(train: str, rows: list[RunRow]) -> None:
    if not rows:
        return
    st.subheader("Paused", help="Yours that hold no slot and wait for you.")
    for row in rows:
        _line(train, row, None, ("resume",))


def _line(train: str, row: RunRow, place: queue.Place | None, deeds: Iterable[str]) -> None:
    """One run of the visitor: its name, how it stands, and what can be done."""
    try:
        met = seen(row)
        status = standing(row, met.run, None, place)
    except AecoreError as error:  # its folder is gone or damaged
        st.caption(plain(str(error)))
        return
    name, state, buttons = st.columns(WIDTHS, vertical_alignment="center")
    with name.container(gap=None):
        st.page_link(
            train,
            label=plain(title(row)),
            icon=":material/model_training:",
            query_params={RUN: row.id},
            help="Look at it.",
        )
        st.caption(data_and_variant(row))
    with state:
        _standing(status)
    with buttons.container(horizontal=True, horizontal_alignment="right"):
        for deed in deeds:
            st.button(
                LABELS[deed],
                key=f"{deed}:{row.id}",
                help=HELP[deed],
                on_click=attempt,
                args=(_do, row.id, deed),
            )


def _standing(status: Status) -> None:
    if status.state != "running" or not status.total_steps:
        st.caption(plain(status.message))
        return
    left = "" if status.seconds_left is None else f", {duration(status.seconds_left)} left"
    st.progress(
        min(1.0, status.step / status.total_steps),
        text=f":small[Epoch {min(status.epoch + 1, status.epochs)} of {status.epochs}{left}]",
    )


def _do(run_id: str, deed: str) -> None:
    obey(see(visitor(), run_id, "control"), "stop" if deed == "cancel" else deed)
