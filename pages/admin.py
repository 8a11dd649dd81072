"""Admin: for whoever looks after the machine."""

import streamlit as st

from ui.access import visitor
from ui.admin_parts import ask_for_token, overview

st.title("Admin")
if visitor().administers:
    overview()
else:
    ask_for_token()
