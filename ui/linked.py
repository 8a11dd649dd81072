"""Widgets whose value is kept in the page's link."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from aecore.errors import InputError
from ui.asked import number, whole
from ui.selection import linked, remember, set_widget, widget_value
from ui.words import plain


def choice(
    name: str,
    label: str,
    titles: Mapping[str, str],
    default: str,
    help: str,
    *,
    segments: bool = False,
) -> str:
    """One of several, by its name in the link; segments: side by side instead of in a list.

    titles: as they are; lists show them so, and what stands side by side is Markdown.
    """
    key, given = f"linked:{name}", linked(name, default)
    set_widget(key, given if given in titles else default)
    if segments:
        st.segmented_control(label, list(titles), format_func=lambda one: plain(titles[one]),
                             key=key, required=True, help=help, on_change=remember,
                             args=(name, key))  # fmt: skip
    else:
        st.selectbox(label, list(titles), format_func=titles.__getitem__, key=key, help=help,
                     on_change=remember, args=(name, key))  # fmt: skip
    return str(widget_value(key))


def whole_number(name: str, label: str, span: tuple[int, int], default: int, help: str) -> int:
    """A whole number from the first to the last of a span."""
    key, (low, high) = f"linked:{name}", span
    try:
        set_widget(key, whole(linked(name, str(default)), label, low, high))
    except InputError:
        set_widget(key, default)
    st.number_input(label, low, high, step=1, key=key, help=help, on_change=remember,
                    args=(name, key))  # fmt: skip
    return int(widget_value(key))


def level(name: str, label: str, span: tuple[float, float], default: float, help: str) -> float:
    """A number of a span, chosen with a slider in steps of 0.1."""
    key, (low, high) = f"linked:{name}", span
    try:
        given = number(linked(name, str(default)), label)
    except InputError:
        given = default
    set_widget(key, min(max(given, low), high))
    st.slider(label, low, high, step=0.1, key=key, help=help, on_change=remember,
              args=(name, key))  # fmt: skip
    return float(widget_value(key))
