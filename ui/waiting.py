"""A part of a page that waits for work in the background: progress, Cancel, then the whole page."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any

import streamlit as st

from ui.background import Work, begin, forget
from ui.calm import to_the_end
from ui.words import plain


def waited(key: Hashable, what: str, action: Callable[[Work], Any]) -> Work | None:
    """Work that is over and was not cancelled; None while the page says how far it is.

    what: what is being done, as a person reads it.
    """
    work = begin(key, action)
    if work.over and not work.cancelled():
        return work
    if work.cancelled():
        st.caption(f"{what}: cancelled.")
        st.button("Begin again", key=f"again:{key}", on_click=to_the_end(lambda: forget(key)),
                  help="Does it from the start.")  # fmt: skip
        return None
    _wait(work, key, what)
    return None


@st.fragment(run_every=0.4)
def _wait(work: Work, key: Hashable, what: str) -> None:
    if work.over or work.cancelled():
        st.rerun()
    st.progress(work.share, f"{what}: {plain(work.words)} …")
    st.button(f"Cancel “{what}”", key=f"cancel:{key}", on_click=to_the_end(work.cancel),
              help="Ends it; nothing is left of it.")  # fmt: skip
