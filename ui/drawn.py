"""A pad on which one draws a distribution of one's own in the plane."""

from __future__ import annotations

import streamlit as st

from aecore.errors import InputError
from aecore.intake import Taken
from aecore.intake.drawn import COLOURS, FEWEST, MOST, drawn
from ui.components import spray
from ui.words import plain


def draw_points() -> Taken | None:
    """Draws the pad; what was drawn, in the run of the page in which "Use" was pressed.

    Whoever calls it keeps it: `aecore.intake.sandboxed.keep_taken(taken, title, owner)` makes an
    own data set of it and returns its name.
    """
    st.caption(
        f"Spray {FEWEST} to {MOST:,} points; each colour becomes a class of its own. They are "
        "coordinates, not an image: an autoencoder with a code of one number looks for a curve "
        "through them."
    )
    text = spray(FEWEST, MOST, COLOURS)
    if not text:
        return None
    try:
        return drawn(text)
    except InputError as error:
        st.warning(plain(str(error)))
        return None
