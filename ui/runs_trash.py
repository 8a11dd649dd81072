"""Deleted runs: undo at once, or from the trash within seven days."""

from __future__ import annotations

import time

import streamlit as st

from aecore.catalog import retention, runs
from aecore.catalog.rows import RunRow
from ui.access import catalog, see, visitor
from ui.notes import attempt
from ui.run_details import DELETED
from ui.selection import held, let_go, unfold
from ui.words import ago, count_of, day, plain, title

LISTED = 50
UNDO_SECONDS = 600.0


def undo_notice() -> None:
    """Right after a run was deleted: say so, and offer to take it back."""
    last = held(DELETED)
    if last is None:
        return
    row = runs.get(catalog(), last[0])
    gone = row is None or row.deleted is None or row.owner != visitor().id
    if row is None or gone or time.time() - last[1] > UNDO_SECONDS:
        let_go(DELETED)
        return
    with st.container(border=True, horizontal=True, vertical_alignment="center"):
        st.markdown(f"Deleted: {plain(title(row))}.", width="stretch")
        _restore_button(row, "Undo")


def trash() -> None:
    """What was deleted, until when each is kept, and the way back."""
    owner = visitor().id
    total = runs.how_many(catalog(), owner, deleted=True)
    if not total:
        return
    with st.expander(f"Trash: {count_of(total, 'run')}", icon=":material/delete:"):
        for row in runs.listed(catalog(), owner, deleted=True, limit=LISTED):
            _line(row)
        if total > LISTED:
            st.caption(f"And {total - LISTED:,} that were made earlier.")
        _empty(owner, total)


def _line(row: RunRow) -> None:
    deleted = row.deleted or 0.0
    until = day(deleted + runs.TRASH_DAYS * 86400, st.context.timezone)
    with st.container(horizontal=True, vertical_alignment="center"):
        told = f"deleted {ago(time.time() - deleted)}, kept until {until}"
        st.markdown(f"{plain(title(row))} :small[· {plain(row.dataset)} · {told}]", width="stretch")
        _restore_button(row, "Restore")


def _restore_button(row: RunRow, label: str) -> None:
    st.button(
        label,
        key=f"{label}:{row.id}",
        help="Back among your runs; one that was stopped can go on from there.",
        on_click=attempt,
        args=(restore, row.id),
    )


def restore(run_id: str) -> None:
    """Take a run out of the trash. Raises UnknownName."""
    seen = see(visitor(), run_id, "restore")
    runs.restore(catalog(), seen.person, seen.row)
    unfold(run_id)


def _empty(owner: str, total: int) -> None:
    with st.popover("Empty the trash", help="Deletes what is in it now, for good."):
        st.markdown(f"This deletes {count_of(total, 'run')} for good. Nothing brings them back.")
        st.button(
            "Delete for good",
            type="primary",
            help="Their models, curves and images go, too.",
            on_click=attempt,
            args=(retention.empty_trash, catalog(), owner),
        )
