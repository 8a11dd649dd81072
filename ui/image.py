"""Small pictures that travel within the page itself."""

from __future__ import annotations

import base64
import io

import streamlit as st
from PIL import Image

from ui.figures import Picture


def image(picture: Picture | bytes, alt: str, *, caption: str = "", width: int = 0) -> None:
    """A picture (height, width, 3 or 4), or a PNG as bytes. width: in pixels, 0 for its own."""
    st.image(address(picture), caption or None, width or "content", alt=alt)


def address(picture: Picture | bytes) -> str:
    """A picture as an address that holds it whole.

    Streamlit serves pictures apart from the page and takes them away when it is drawn anew; a
    browser that asks a moment later shows a broken one.
    """
    content = picture if isinstance(picture, bytes) else _png(picture)
    return f"data:image/png;base64,{base64.b64encode(content).decode()}"


def _png(picture: Picture) -> bytes:
    target = io.BytesIO()
    Image.fromarray(picture).save(target, "PNG")
    return target.getvalue()
