"""Home: what an autoencoder is, in five sentences, and one that trains before your eyes."""

from pathlib import Path

import streamlit as st

from ui.components import live_view
from ui.recent import demo_run
from ui.selection import RUN
from ui.words import spec_line

TRAIN = Path(__file__).with_name("train.py")
RECONSTRUCT = Path(__file__).with_name("reconstruct.py")

st.title("Autoencoder Lab")
st.markdown(
    "An **autoencoder** learns to copy its input through a narrow gap. "
    "Its first half, the **encoder**, squeezes an image into a few numbers, the **code**. "
    "Its second half, the **decoder**, redraws the image from the code alone. "
    "Nobody tells it what to keep: it learns that by comparing each **reconstruction** with "
    "its image, thousands of times. "
    "What it keeps is what the images have in common, which is why the code can group, "
    "clean, compress and invent images.",
    width=820,
)
demo = demo_run()
with st.container(horizontal=True):
    st.page_link(
        TRAIN, label="**Train your own**", icon=":material/model_training:", width="content"
    )
    if demo is not None:
        st.page_link(
            RECONSTRUCT,
            label="See its reconstructions",
            icon=":material/compare:",
            query_params={RUN: demo.id},
            width="content",
        )

if demo is None:
    st.info(
        "The demonstration run is not here any more. Train your own: it takes seconds.",
        icon=":material/info:",
    )
else:
    st.subheader("One that trains here", help="A real run on this machine, not a recording.")
    st.caption(spec_line(demo.spec))
    live_view(demo, compact=True)
    st.caption(
        "Each dot of the code map is one test image that training never sees, placed by the two "
        "numbers of its code and coloured by its digit. Nobody told the autoencoder which digit "
        "is which. Move the time machine to watch the map unfold."
    )
