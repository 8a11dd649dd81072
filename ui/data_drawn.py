"""Points that a person drew, kept among their own data sets."""

from __future__ import annotations

import streamlit as st

from aecore.catalog.data import add, check_room
from aecore.errors import InputError
from aecore.intake import Taken
from aecore.intake.sandboxed import keep_taken
from ui.access import catalog, limits, visitor
from ui.drawn import draw_points
from ui.notes import attempt
from ui.selection import DATA, write_link
from ui.space import NO_COOKIE

TITLE = "Drawn points"


def draw_your_own() -> None:
    """The pad; what was drawn becomes a data set, which the page then shows."""
    taken = draw_points()
    if taken is not None:
        attempt(_keep, taken)
        st.rerun()


def _keep(taken: Taken) -> None:
    person, room = visitor(), limits()
    if person.role == "nobody":
        raise InputError(NO_COOKIE)
    with catalog().read() as db:
        check_room(db, person, room)
    name = keep_taken(taken, TITLE, person.id)
    add(catalog(), person, name, room)
    write_link({DATA: name})
