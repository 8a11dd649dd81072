"""Data: bring your own, look at every data set, choose what of it to train on."""

import streamlit as st

from ui.data_card import all_cards, download
from ui.data_drawn import draw_your_own
from ui.data_page import chosen_data, head, proposal
from ui.data_split import chosen_spec, split_controls
from ui.data_upload import bring_your_own
from ui.data_view import opened, views
from ui.notes import show_note
from ui.resources import data_ready

st.title("Data")
name = chosen_data()
show_note()
if name:
    head(name)
    spec = chosen_spec(name)
    if data_ready(name, spec.source):
        proposal(spec)
        split_controls(spec)
        found = opened(spec)
        if found is not None:
            views(spec, *found)
    else:
        download(name)
else:
    with st.container(border=True):
        st.subheader("Bring your own")
        bring_your_own()
    with st.expander("Draw your own points", icon=":material/draw:"):
        draw_your_own()
    st.subheader("All data sets")
    all_cards()
