"""The decoder under the hand: one of several things to do with a code; the link says which."""

from __future__ import annotations

from urllib.parse import parse_qsl

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
from ui.decoding import PLACE
from ui.linked import choice
from ui.words import plain

TITLES = {
    "sliders": "Sliders",
    "traversal": "Traversal",
    "between": "Between two",
    "groups": "Groups",
    "draws": "Draw new ones",
}


def decoder_lab(run: Run, selected: NDArray[np.int64], place: str) -> None:
    """What the decoder makes of codes that somebody chooses.

    selected: the test images that are selected in the maps, (m,) int64; place: where a map was
    clicked, as a query, or "".
    """
    st.subheader(
        "The decoder under your hand",
        help="Choose codes and see what the decoder makes of them. Select one sample in a map, "
        "or click an empty place of it, to start from its code.",
    )
    st.fragment(_chosen)(run, selected, place)


def _chosen(run: Run, selected: NDArray[np.int64], place: str) -> None:
    view = choice("lab", "What to do with the code", TITLES, "sliders",
                  "Sliders move numbers by hand. Traversal moves each in turn. Between two goes "
                  "from one sample to another. Groups adds what two groups differ by. Draw new "
                  "ones makes samples up.", segments=True)  # fmt: skip
    try:
        lab = lab_of(run, selected)
        if not lab.axes.codes.isfinite().all():
            st.info("Some codes of this model are no finite numbers, so there is nothing to move.")
        else:
            _sliders(lab, place) if view == "sliders" else VIEWS[view](lab)
    except AecoreError as error:
        st.info(plain(str(error)))


def _sliders(lab: Lab, place: str) -> None:
    start = str(lab.selected[0]) if len(lab.selected) == 1 else "middle"
    if place and dict(parse_qsl(place)).get("run") == lab.run.id:
        start = PLACE + place
    decoder(lab.run, start, lab.loaded.step)


VIEWS = {
    "traversal": traversal_view,
    "between": between_view,
    "groups": groups_view,
    "draws": draws_view,
}
