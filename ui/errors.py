"""One sentence on the page for whatever goes wrong; the traceback goes to the server's log."""

from __future__ import annotations

import logging

import streamlit as st

from aecore.errors import AecoreError
from ui.words import plain

LOG = logging.getLogger("autoencoder-lab")


def explain(error: Exception) -> bool:
    """Show an error of any page, fragment or callback; True: nothing more is to be shown."""
    if isinstance(error, AecoreError):
        st.error(plain(str(error)))
    else:
        LOG.error("a page broke off", exc_info=error)
        st.error(
            "Something unexpected went wrong on this page; your runs are safe and go on. "
            "Reload the page. The server's log tells what happened."
        )
    return True
