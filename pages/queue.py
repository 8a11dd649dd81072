"""Queue: what trains, what waits, and about when it starts."""

from pathlib import Path

import streamlit as st

from ui.queue_parts import queue_view

st.title("Queue")
queue_view(str(Path(__file__).with_name("train.py")))
