"""One chosen data set on the Data page: what it is, and what its owner may do with it."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import streamlit as st

from aecore.catalog.data import (
    DataRow,
    links_of,
    make_link,
    may,
    open_link,
    rename,
    revoke_link,
    used_by,
)
from aecore.catalog.people import server_mode
from aecore.catalog.removal import remove
from aecore.datasets import datasets
from aecore.datasets.own import OwnSource
from aecore.errors import InputError, UnknownName
from aecore.networks import networks
from aecore.runs import RunSpec
from ui import resources
from ui.access import catalog, visitor
from ui.background import forget_about
from ui.calm import to_the_end
from ui.data_card import facts_line, strips
from ui.data_choice import check_data, is_own, see_data
from ui.data_found import skipped
from ui.notes import attempt
from ui.selection import (
    DATA,
    SHARED_DATA,
    held,
    hold,
    leave_note,
    linked,
    note_in_link,
    take_from_link,
    widget_value,
    write_link,
)
from ui.sharing import DAYS, USUAL, address, link_list
from ui.train_form import seconds_of
from ui.waiting import waited
from ui.words import count_of, duration, plain, spec_line

TRAIN = Path(__file__).parents[1] / "pages" / "train.py"
MADE = "shared_data"
PATIENCE = 600.0
"""Seconds that one waits for a first look at a model."""


def chosen_data() -> str:
    """The data set that the link names; nothing where it names none, or none that is theirs."""
    token = take_from_link(SHARED_DATA)
    if token:
        try:
            note_in_link(DATA, open_link(catalog(), visitor(), token).name)
        except UnknownName:
            leave_note(UNKNOWN)
    name = linked(DATA, "")
    if not name:
        return ""
    try:
        datasets[name]
        check_data(name)
    except InputError:
        leave_note(UNKNOWN)
        return ""
    return name


UNKNOWN = (
    "The link names a data set that is not here, or not yours to see. Choose one below, or bring "
    "your own."
)


def head(name: str) -> None:
    """Title, what it is, and what its owner may do with it."""
    kind = datasets[name]
    with st.container(horizontal=True, vertical_alignment="center"):
        st.subheader(plain(kind.title), width="stretch")
        st.button("All data sets", icon=":material/arrow_back:", key="all_data",
                  help="Back to the list.",
                  on_click=to_the_end(lambda: write_link({})))  # fmt: skip
        if is_own(name):
            _menus(see_data(name))
    st.caption(f"{facts_line(name)}. {plain(kind.summary)} Licence: {plain(kind.licence)}.")
    if issubclass(kind, OwnSource):
        skipped(kind.about.skipped, kind.about.count)
        if kind.about.rules:
            with st.expander("How it was made", icon=":material/rule:"):
                for rule in kind.about.rules:
                    st.markdown(plain(rule))


def proposal(spec: RunSpec) -> None:
    """What would be trained with one press, and how long that takes."""
    with st.container(border=True):
        st.markdown(f"**A start that fits:** {spec_line(spec)}")
        try:
            cost = resources.cost(spec)
        except InputError as error:
            st.error(plain(str(error)))
            return
        st.caption(
            f"{networks[spec.network].title}, {cost.parameters:,} parameters, "
            f"{count_of(spec.training.epochs, 'epoch')} over {cost.train_images:,} samples."
        )
        st.page_link(TRAIN, label="Train on it", icon=":material/model_training:",
                     query_params=spec.to_flat())  # fmt: skip
        key = ("seconds", spec)
        work = waited(key, "Measuring a few steps", lambda _: seconds_of(spec, cost.steps))
        if work is not None and work.result is not None:
            st.caption(f"Training takes {duration(work.result)} here, by a few steps just timed.")
            _shorter(spec, work.result)


def _shorter(spec: RunSpec, seconds: float) -> None:
    """The same with as few epochs as fit into PATIENCE, where it takes longer."""
    epochs = max(1, int(spec.training.epochs * PATIENCE / seconds))
    if seconds > PATIENCE and epochs < spec.training.epochs:
        st.page_link(TRAIN, label=f"Train {count_of(epochs, 'epoch')}, {duration(PATIENCE)}",
                     icon=":material/timer:",
                     query_params={**spec.to_flat(), "epochs": str(epochs)})  # fmt: skip


def _menus(row: DataRow) -> None:
    person = visitor()
    if not may(person, "edit", row):
        st.caption("Shared with you: look at it and train on it.")
        return
    with st.popover("Rename", icon=":material/edit:", help="Give it another title."):
        key = f"rename:{row.id}"
        st.text_input("Title", row.title, max_chars=80, key=key, help="What it is called.",
                      on_change=to_the_end(lambda: attempt(
                          rename, catalog(), person, row, widget_value(key))))  # fmt: skip
    if server_mode():
        _share(row)
    with st.popover("Delete", icon=":material/delete:", help="Delete it for good."):
        runs = used_by(catalog(), row.name)
        stays = (
            f"{count_of(runs, 'run')} trained on it: each stays with its model, which remembers "
            "what it learnt, its curves and its figures, and is stopped where it still trains; "
            "nothing more can be measured on it."
            if runs
            else "No run was trained on it."
        )
        st.markdown(
            "Its samples are deleted at once, with every picture, map and report here that shows "
            f"them, those of others included; nothing brings them back. {stays}"
        )
        st.button("Delete for good", type="primary", key="delete_data",
                  help="There is no undo.",
                  on_click=to_the_end(lambda: attempt(_delete, row)))  # fmt: skip


def _delete(row: DataRow) -> None:
    remove(catalog(), visitor(), see_data(row.name, "delete"))
    strips.forget(row.name)
    forget_about(row.name)
    resources.forget_data()
    write_link({})
    leave_note(f"“{row.title}” is deleted.")


def _share(row: DataRow) -> None:
    with st.popover("Share", icon=":material/share:", help="Show it to others by a link."):
        st.markdown(
            "Whoever has the link may look at this data set and train on it. Runs that they train "
            "stay theirs when the link ends, and show samples of it until you delete it."
        )
        key = f"data:{row.id}:days"
        st.segmented_control(
            "The link holds for", DAYS, default=USUAL, required=True, key=key,
            format_func=lambda days: count_of(days, "day"),
            help="After that it opens nothing; you can end it earlier.",
        )  # fmt: skip
        st.button("Make a link", key="share_data", help="It is shown once: copy it then.",
                  on_click=to_the_end(lambda: attempt(_make, row, widget_value(key))))  # fmt: skip
        made = held(MADE)
        if made and made[0] == row.id:
            st.code(made[1], language=None, wrap_lines=True)
            st.caption("Copy it now: it is not kept, and cannot be shown again.")
        link_list(links_of(catalog(), row), partial(revoke_link, catalog(), visitor(), row))


def _make(row: DataRow, days: int) -> None:
    see_data(row.name, "share")
    token = make_link(catalog(), visitor(), row, days)
    hold(MADE, (row.id, address("data", **{SHARED_DATA: token})))
