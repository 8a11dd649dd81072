"""The Admin page: who is here, what is at work, what failed, what may be asked, what goes."""

from __future__ import annotations

import time
from collections.abc import Callable

import streamlit as st

from aecore.catalog import queue, retention
from aecore.catalog.overview import members, troubled
from aecore.catalog.people import Quotas, end_admin, make_admin, quotas, server_mode, set_quotas
from aecore.catalog.rows import RunRow
from aecore.config import Knob, knobs
from aecore.errors import InputError
from ui.access import catalog, obey, see, supervisor, visitor
from ui.calm import to_the_end
from ui.identity import is_admin_token
from ui.machine import machine
from ui.notes import attempt, show_note
from ui.selection import held, hold, let_go, widget_value
from ui.words import ago, count_of, plain, size, title

TOKEN = "admin:token"
REMOVALS = "removals"


def ask_for_token() -> None:
    """The way in for whoever knows the administrator's token."""
    show_note()
    with st.form("admin", border=False, width=420):
        st.text_input(
            "Administrator's token",
            type="password",
            key=TOKEN,
            help="What AECORE_ADMIN_TOKEN holds on the server.",
        )
        st.form_submit_button(
            "Enter",
            help="You look after this machine for 12 hours then.",
            on_click=to_the_end(lambda: attempt(enter, str(widget_value(TOKEN)))),
        )


def enter(token: str) -> None:
    """Make the visitor an administrator. Raises InputError for a wrong token, and for nobody."""
    person = visitor()
    if person.role == "nobody":
        raise InputError("Allow this site's cookie and reload: your rights hang on it.")
    if not is_admin_token(token):
        raise InputError("This is not the administrator's token.")
    make_admin(catalog(), person.id)


def overview() -> None:
    """Everything that somebody who looks after the machine sees."""
    show_note()
    if server_mode():
        st.button(
            "Leave",
            icon=":material/logout:",
            help="Give these rights back; the token opens the page again.",
            on_click=lambda: end_admin(catalog(), visitor().id),
        )
    else:
        st.caption("On your own machine everything is yours already: no token is needed.")
    _machine()
    if server_mode():
        _people()
        _quotas()
    _retention()


@st.fragment(run_every=5.0)
def _machine() -> None:
    busy = queue.active(catalog())
    machine(sum(row.engine != queue.SHELL for row in busy))
    told = supervisor()
    if told is None:
        st.caption("No supervisor has looked after this machine yet.")
    elif not told.alive:
        st.warning(
            f"The supervisor is gone; it last spoke {_ago(told.beat)}. The app starts another."
        )
    else:
        st.caption(
            f"The supervisor was started {_ago(told.started)} and last spoke {_ago(told.beat)}."
        )
    st.subheader("At work", help="Every run that holds a slot, whoever's it is.")
    _table(busy, "Nothing is at work.", stop=True)
    st.subheader("Failures", help="Runs that failed, or whose worker died; the newest 50.")
    _table(troubled(catalog()), "No run has failed.")


def _ago(at: float) -> str:
    return ago(time.time() - at)


def _table(rows: list[RunRow], nothing: str, *, stop: bool = False) -> None:
    if not rows:
        st.caption(nothing)
    for row in rows:
        told, button = st.columns((6, 1), vertical_alignment="center")
        progress = f"step {row.step:,} of {row.total_steps:,}" if row.total_steps else ""
        parts = [row.dataset, row.state, progress, row.message, row.owner[:8], ago_of(row)]
        told.markdown(f"{plain(title(row))} :small[· {plain(' · '.join(filter(None, parts)))}]")
        if stop:
            button.container(horizontal_alignment="right").button(
                "Stop",
                key=f"stop:{row.id}",
                help="Saves everything and ends the training; its owner can resume it.",
                on_click=attempt,
                args=(_stop, row.id),
            )


def ago_of(row: RunRow) -> str:
    """When a run was made."""
    return f"made {_ago(row.created)}"


def _stop(run_id: str) -> None:
    obey(see(visitor(), run_id, "control"), "stop")


def _people() -> None:
    everybody = members(catalog(), time.time())
    st.subheader("People", help="Whoever ever kept something here; browsers and accounts.")
    cells: dict[str, Callable[..., str]] = {
        "Person": lambda who: who.id[:8] + (" (administrator)" if who.administers else ""),
        "Label": lambda who: plain(who.label),
        "Runs": lambda who: f"{who.usage.runs:,}",
        "Training": lambda who: f"{who.usage.running:,}",
        "Waiting": lambda who: f"{who.usage.waiting:,}",
        "Disk": lambda who: size(who.usage.bytes),
        "Last seen": lambda who: _ago(who.last_seen),
    }
    st.caption(f"{count_of(len(everybody), 'person').replace('persons', 'people')}.")
    st.table(
        {name: [cell(who) for who in everybody] for name, cell in cells.items()},
        border="horizontal",
        hide_index=True,
    )


def _quotas() -> None:
    st.subheader("Quotas", help="What one person may ask of the machine; for everybody alike.")
    now = quotas(catalog())
    with st.form("quotas"):
        grid = st.grid(3, min_column_width=180)
        for declared in knobs(Quotas):
            with grid.cell():
                _number(declared, getattr(now, declared.name))
        st.form_submit_button(
            "Save",
            help="Holds for whatever is started from now on.",
            on_click=lambda: attempt(_save),
        )


def _number(declared: Knob, value: float) -> None:
    kind = int if declared.kind == "int" else float
    st.number_input(
        declared.label,
        kind(declared.low or 0),
        kind(declared.high or 0),
        kind(value),
        key=f"quota:{declared.name}",
        help=declared.help,
        format="%d" if kind is int else "%g",
    )


def _save() -> None:
    given = {declared.name: widget_value(f"quota:{declared.name}") for declared in knobs(Quotas)}
    if visitor().administers:
        set_quotas(catalog(), Quotas.parse(given))


def _retention() -> None:
    st.subheader("Clean-up", help="Trash older than seven days, and what was left half-made.")
    st.button(
        "What would go?",
        help="Looks, and deletes nothing.",
        on_click=lambda: attempt(_look),
    )
    found: list[retention.Removal] | None = held(REMOVALS)
    if found is None:
        return
    if not found:
        st.caption("Nothing would be removed.")
        return
    total = sum(removal.bytes for removal in found)
    st.caption(f"Would remove {count_of(len(found), 'thing')}, {size(total)}:")
    st.table(
        {
            "What": [plain(removal.what) for removal in found],
            "Why": [removal.why for removal in found],
            "Frees": [size(removal.bytes) for removal in found],
        },
        border="horizontal",
        hide_index=True,
    )
    st.button(
        "Remove it",
        type="primary",
        help="Deletes this for good.",
        on_click=lambda: attempt(_clean),
    )


def _look() -> None:
    if visitor().administers:
        hold(REMOVALS, retention.clean(catalog(), dry_run=True))


def _clean() -> None:
    if visitor().administers:
        retention.clean(catalog())
        let_go(REMOVALS)
