"""Autoencoder Lab: the web app's entry. Start it with `streamlit run app.py` (or `make run`)."""

import gc
from pathlib import Path

# Plotly looks whether pandas is loaded, also while another page's thread is half through loading
# it, and breaks off then: so it is loaded before the first page.
import pandas  # noqa: F401
import streamlit as st
from starlette.middleware import Middleware

from ui.cookies import GiveCookie
from ui.errors import explain
from ui.headers import AddHeaders, KnownHosts
from ui.resources import lifespan
from ui.routes import routes
from ui.uploads import BoundUploads

app = st.App(
    Path(__file__).parent / "ui" / "frame.py",
    routes=routes(),
    lifespan=lifespan,
    middleware=[
        Middleware(AddHeaders),
        Middleware(KnownHosts),
        Middleware(GiveCookie),
        Middleware(BoundUploads),
    ],
    on_script_error=explain,
)

# Imports make half a million objects that never die; frozen, no collection looks at them again.
gc.collect()
gc.freeze()
