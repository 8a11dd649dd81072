"""What a button did not do, said in one sentence at the top of the page that it belongs to."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from aecore.errors import AecoreError
from ui.calm import to_the_end
from ui.selection import leave_note, take_note
from ui.words import plain


@to_the_end
def attempt(action: Callable[..., object], *values: object) -> None:
    """Do what a button asks; where that is refused, leave the reason for `show_note`."""
    try:
        action(*values)
    except AecoreError as error:
        leave_note(str(error))


def show_note() -> None:
    """The reason that the last press left, if it left one."""
    note = take_note()
    if note:
        st.error(plain(note))
