"""The decoder under the hand: one of several things to do with a code; the link says which."""

from __future__ import annotations

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from aecore.errors import AecoreError
from aecore.runs import Run
from ui.components import decoder
from ui.decoder_between import between_view
from ui.decoder_draws import draws_view
from ui.decoder_groups import groups_view
from ui.decoder_parts import Lab, lab_of
from ui.decoder_traversal import traversal_view
from ui.linked import choice
from ui.words import plain

TITLES = {
    "sliders": "Sliders",
    "traversal": "Traversal",
    "between": "Between two",
    "groups": "Groups",
    "draws": "Draw new ones",
}


def decoder_lab(run: Run, selected: NDArray[np.int64]) -> None:
    """What the decoder makes of codes that somebody chooses.

    selected: the test images that are selected in the maps, (m,) int64.
    """
    st.subheader(
        "The decoder under your hand",
        help="Choose codes and see what the decoder makes of them. Select one image in a map to "
        "start from its code.",
    )
    st.fragment(_chosen)(run, selected)


def _chosen(run: Run, selected: NDArray[np.int64]) -> None:
    view = choice("lab", "What to do with the code", TITLES, "sliders",
                  "Sliders move numbers by hand. Traversal moves each in turn. Between two goes "
                  "from one image to another. Groups adds what two groups differ by. Draw new ones "
                  "makes images up.", segments=True)  # fmt: skip
    try:
        lab = lab_of(run, selected)
        if not lab.axes.codes.isfinite().all():
            st.info("Some codes of this model are no finite numbers, so there is nothing to move.")
        else:
            VIEWS[view](lab)
    except AecoreError as error:
        st.info(plain(str(error)))


def _sliders(lab: Lab) -> None:
    start = str(lab.selected[0]) if len(lab.selected) == 1 else "middle"
    decoder(lab.run, start, lab.loaded.step)


VIEWS = {
    "sliders": _sliders,
    "traversal": traversal_view,
    "between": between_view,
    "groups": groups_view,
    "draws": draws_view,
}
