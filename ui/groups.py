"""Named groups of test images: saved from the selection, listed, deleted with a way back."""

from __future__ import annotations

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from aecore.errors import StoreError
from aecore.runs import Run
from aecore.runs.groups import LONGEST, Groups, delete_group, read_groups, save_group
from ui.access import see, visitor
from ui.calm import to_the_end
from ui.notes import attempt, show_note
from ui.selection import held, hold, let_go, widget_value
from ui.words import count_of, noun, plain

GONE = "group gone"
"""Under which a tab holds (run's id, name, rows) of the group that was deleted last."""
NAME = "group:name"


def groups_panel(run: Run, rows: NDArray[np.int64]) -> None:
    """The named groups of a run, and a field to save what is selected as one.

    rows: the selected test images, (m,) int64.
    """
    st.markdown(
        "**Named groups**",
        help="Test samples put together under a name, kept with the run. The decoder below can go "
        "from one group to another.",
    )
    show_note()
    may = see(visitor(), run.id).may("edit")
    try:
        groups = read_groups(run)
    except StoreError as error:
        st.error(plain(str(error)))
        groups = {}
    _undo_notice(run, groups)
    for name, group in groups.items():
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(
                f"{plain(name)} :small[· {count_of(len(group), noun(run.spec))}]", width="stretch"
            )
            if may:
                st.button("Delete", key=f"group:delete:{name}", type="tertiary",
                          help="You can take it back right after.",
                          on_click=attempt, args=(_delete, run, name, group))  # fmt: skip
    if may:
        _save_form(run, rows)
    elif not groups:
        st.caption("None here. Whose run it is can save some.")


def _save_form(run: Run, rows: NDArray[np.int64]) -> None:
    with st.form("group", clear_on_submit=True, border=False):
        line = st.container(horizontal=True, vertical_alignment="bottom")
        line.text_input(
            f"Save these {count_of(len(rows), noun(run.spec))} as",
            max_chars=LONGEST,
            key=NAME,
            help="A name that a group has already is given to these instead.",
        )
        line.form_submit_button(
            "Save group",
            help="Keep what is selected under this name.",
            on_click=to_the_end(lambda: attempt(_save, run, str(widget_value(NAME)), rows)),
        )


def _save(run: Run, name: str, rows: NDArray[np.int64]) -> None:
    save_group(see(visitor(), run.id, "edit").run, name, rows)


def _delete(run: Run, name: str, rows: NDArray[np.int64]) -> None:
    delete_group(see(visitor(), run.id, "edit").run, name)
    hold(GONE, (run.id, name, rows))


def _undo_notice(run: Run, groups: Groups) -> None:
    """Nothing where another group has the name by now, which would be lost."""
    gone = held(GONE)
    if gone is None or gone[0] != run.id or gone[1] in groups:
        return
    with st.container(border=True, horizontal=True, vertical_alignment="center"):
        st.markdown(f"Deleted: {plain(gone[1])}.", width="stretch")
        st.button("Undo", key="group:undo", help="Keep this group after all.",
                  on_click=attempt, args=(_undo, run, *gone[1:]))  # fmt: skip


def _undo(run: Run, name: str, rows: NDArray[np.int64]) -> None:
    _save(run, name, rows)
    let_go(GONE)
