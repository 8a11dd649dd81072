"""A config becomes widgets here, and nowhere else. The link holds the values, not the widgets."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import streamlit as st

from aecore.config import LONGEST_TEXT, Knob
from aecore.runs import RunSpec
from ui.calm import to_the_end
from ui.form_link import choose
from ui.selection import set_widget, shows_run, widget_value
from ui.words import worded

FEW = 4
"""Up to this many choices stand side by side; more go into a list."""
LETTERS = 30
"""Of all choices together that stand side by side in the narrow column of the form."""


def knob_widget(
    declared: Knob, value: Any, scope: str, changed: Callable[[str, str], None] | None = None
) -> None:
    """One setting as a widget that shows `value` and writes changes into the link.

    changed: told the setting's name and the widget's key; by default it is one of the Train form.
    """
    key = f"{scope}:{declared.name}"
    set_widget(key, value)
    help_text = f"{declared.help} Short name: `{declared.name}`."
    shared: dict[str, Any] = {"label": declared.label, "key": key, "help": help_text}
    shared |= {"on_change": changed or _changed, "args": (declared.name, key)}
    _WIDGETS[_widget(declared)](declared, shared)


def in_words(spec: RunSpec, declared: Knob) -> Knob:
    """A setting whose label and help speak of the samples of a run: of rows, where it has these.

    What tells of a size such as 28×28 is true of images alone, and stays.
    """
    if "×" in declared.help:
        return declared
    label, told = worded(spec, declared.label), worded(spec, declared.help)
    return replace(declared, label=label, help=told)


def choice_widget(
    name: str, label: str, registry: Mapping[str, Any], value: str, help: str
) -> None:
    """One of the four named choices (data set, variant, network, corruption), shown by title.

    registry: what is offered; the chosen one stands among it even where it does not fit, which the
    page then says.
    """
    key = f"choice:{name}"
    set_widget(key, value)
    shared: dict[str, Any] = {"label": label, "key": key, "help": help}
    shared |= {"format_func": lambda entry: registry[entry].title, "options": list(registry)}
    shared |= {"on_change": _changed, "args": (name, key)}
    if len(registry) <= 2:
        st.segmented_control(**shared, required=True)
    else:
        st.selectbox(**shared)


@to_the_end
def _changed(name: str, key: str) -> None:
    value = widget_value(key)
    # A change that comes after Start was heard is one of a form that nobody sees any more.
    if value is not None and not shows_run():
        choose(name, value)


def _widget(declared: Knob) -> str:
    if declared.kind == "float" and not declared.log and declared.high is not None:
        return "slider" if declared.high <= 2 else "float"
    return declared.kind


def _int(declared: Knob, shared: dict[str, Any]) -> None:
    low, high = int(declared.low or 0), int(declared.high or 0)
    st.number_input(**shared, min_value=low, max_value=high, step=1)


def _float(declared: Knob, shared: dict[str, Any]) -> None:
    low, high = float(declared.low or 0), float(declared.high or 0)
    step = max(low, declared.default / 2) if declared.log else (high - low) / 100
    st.number_input(**shared, min_value=low, max_value=high, step=step, format="%g")


def _slider(declared: Knob, shared: dict[str, Any]) -> None:
    low, high = float(declared.low or 0), float(declared.high or 0)
    st.slider(**shared, min_value=low, max_value=high, step=0.01)


def _bool(declared: Knob, shared: dict[str, Any]) -> None:  # noqa: ARG001
    st.toggle(**shared)


def _text(declared: Knob, shared: dict[str, Any]) -> None:  # noqa: ARG001
    st.text_input(**shared, max_chars=LONGEST_TEXT)


def _choice(declared: Knob, shared: dict[str, Any]) -> None:
    if len(declared.choices) <= FEW and len("".join(declared.choices)) <= LETTERS:
        st.segmented_control(**shared, options=declared.choices, required=True)
    else:
        st.selectbox(**shared, options=declared.choices)


_WIDGETS: dict[str, Callable[[Knob, dict[str, Any]], None]] = {
    "int": _int,
    "float": _float,
    "slider": _slider,
    "bool": _bool,
    "choice": _choice,
    "text": _text,
}
