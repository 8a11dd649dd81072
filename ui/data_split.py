"""How a chosen data set is split and which part of it is used: in the link, handed on to Train."""

from __future__ import annotations

from typing import Any

import streamlit as st

from aecore.config import knobs
from aecore.datasets import SplitConfig, datasets
from aecore.errors import InputError
from aecore.runs import RunSpec
from ui.calm import to_the_end
from ui.forms import in_words, knob_widget
from ui.selection import linked, note_in_link, set_widget, widget_value
from ui.words import plain

NONE = -1


def chosen_spec(name: str) -> RunSpec:
    """What Train would start from: the data set, its own settings and the split of the link."""
    kind, flat = datasets[name], {"dataset": name}
    for knob in (*knobs(kind.Config), *knobs(SplitConfig)):
        given = linked(knob.name, "")
        if not given:
            continue
        try:
            spec = RunSpec.from_flat({**flat, knob.name: given})
            spec.splits.shares(spec.make_source().classes)
        except InputError as error:
            st.warning(f"{plain(str(error))} The default is used.")
        else:
            flat[knob.name] = given
    return RunSpec.from_flat(flat)


def split_controls(spec: RunSpec) -> None:
    """Seed, size, classes and imbalance, each written into the link."""
    kind = datasets[spec.dataset]
    classes = spec.make_source().classes
    with st.expander("Split and subset", icon=":material/call_split:"):
        st.caption("What you choose here is in the link, and goes with you to Train.")
        cells = st.grid(3, min_column_width=220)
        for knob in knobs(kind.Config):
            with cells.cell():
                value = getattr(spec.source, knob.name)
                knob_widget(in_words(spec, knob), value, f"data:{spec.dataset}", into_link)
        for knob in knobs(SplitConfig):
            with cells.cell():
                if knob.name == "only_classes":
                    _only(spec, classes, in_words(spec, knob).help)
                elif knob.name == "leave_out":
                    _leave_out(spec, classes)
                else:
                    value = getattr(spec.splits, knob.name)
                    knob_widget(in_words(spec, knob), value, f"data:{spec.dataset}", into_link)


@to_the_end
def into_link(name: str, key: str) -> None:
    """Write what a widget says into the link."""
    value = widget_value(key)
    if value is not None:
        note_in_link(name, str(value))


def _only(spec: RunSpec, classes: tuple[str, ...], help: str) -> None:
    key = f"data:only:{spec.dataset}"
    every = not spec.splits.only_classes.strip()
    set_widget(key, [] if every else list(spec.splits.taken(classes)))
    st.multiselect("Only classes", range(len(classes)), format_func=_named(classes), key=key,
                   placeholder="All", help=help, on_change=_places,
                   args=("only_classes", key))  # fmt: skip


@to_the_end
def _places(name: str, key: str) -> None:
    note_in_link(name, ",".join(str(place) for place in sorted(widget_value(key))))


def _leave_out(spec: RunSpec, classes: tuple[str, ...]) -> None:
    key, named = f"data:out:{spec.dataset}", _named(classes)
    set_widget(key, spec.splits.leave_out)
    st.selectbox("Leave out class", range(NONE, len(classes)), key=key, on_change=into_link,
                 format_func=lambda place: "None" if place == NONE else named(place),
                 args=("leave_out", key),
                 help="Training and validation never see this class; the test split keeps it, so "
                 "that it can be looked for there.")  # fmt: skip


def _named(classes: tuple[str, ...]) -> Any:
    return lambda place: f"{place}: {classes[place]}"
