"""The controls of the Reconstruct page: corruption, level, order, class."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st

from aecore.config import knobs
from aecore.corruptions import corruptions
from aecore.errors import InputError
from aecore.runs import Run
from ui import resources
from ui.asked import number
from ui.linked import choice, whole_number
from ui.selection import linked, note_in_link, set_widget, widget_value
from ui.words import noun

ORDERS = {"worst": "Worst first", "best": "Best first", "first": "As they come"}
ALL = "-1"
FEWEST, USUAL = 20, 500
"""Test images that reports measure on."""


def controls(run: Run) -> dict[str, Any]:
    """The view that the widgets (and so the link) ask for, as the gallery route reads it."""
    line = st.grid(5, min_column_width=130)
    data = resources.run_data(run)
    kinds = [name for name, kind in corruptions.items() if kind.fits(data.shape, data.kind)]
    name, strength = choose_damage(run, line, kinds, run.spec.corruption)
    with line.cell():
        drawn = noise_seed()
    with line.cell():
        wanted = choice("order", "Order", ORDERS, "worst", "By the error of the reconstruction.")
    with line.cell():
        classes = resources.run_data(run).classes
        names = {ALL: "All"} | {str(i): title for i, title in enumerate(classes)}
        only = choice("label", "Class", names, ALL, "Show those of one class only.")
    asked = {"corruption": name, "level": strength, "seed": drawn, "order": wanted, "label": only}
    # The step makes the browser ask again when a newer checkpoint is there.
    return {**asked, "step": resources.run_model(run).step}


def choose_damage(run: Run, line: Any, kinds: Sequence[str], default: str) -> tuple[str, float]:
    """A corruption by its name, and its level, in two cells of a line."""
    titles = {kind: corruptions[kind].title for kind in kinds}
    with line.cell():
        damage = "Damage done to the test samples before they go in."
        name = choice("corrupt", "Corruption", titles, default, damage)
    with line.cell():
        return name, _level(run, name)


def noise_seed() -> int:
    """Which pixels are damaged."""
    again = "The same seed does the same damage again."
    return whole_number("noise_seed", "Noise seed", (0, 10**6), 0, again)


def choose_count(run: Run) -> int:
    """On how many test images figures are measured."""
    most = resources.run_data(run).size("test")
    told = f"From the first test {noun(run.spec)} on. More take longer, and narrow the intervals."
    span = (FEWEST, max(FEWEST, most))
    return whole_number("measured_on", f"Test {noun(run.spec)}s", span, min(USUAL, most), told)


def _level(run: Run, name: str) -> float:
    declared = next((k for k in knobs(corruptions[name].Config) if k.name == "level"), None)
    if declared is None:
        st.slider("Level", 0.0, 1.0, 0.0, disabled=True, help="Choose a corruption first.")
        return 0.0
    own = getattr(run.spec.noise, "level", declared.default)
    default = own if name == run.spec.corruption else declared.default
    key = f"reconstruct:level:{name}"
    try:
        given = number(_linked_level(name) or str(default), declared.label)
        corruptions[name].Config.parse({"level": given})
    except InputError:
        given = default
    set_widget(key, float(given))
    low, high = float(declared.low or 0), float(declared.high or 1)
    step = 0.01 if high <= 2 else 1.0 if declared.kind == "int" else 0.1
    shown = "%.0f" if declared.kind == "int" else None
    st.slider(declared.label, low, high, step=step, format=shown, key=key,
              help=declared.help, on_change=_note_level, args=(name, key))  # fmt: skip
    return float(widget_value(key))


def _linked_level(name: str) -> str:
    """The level of the link, if it is one of this corruption: degrees are no share of pixels."""
    kind, colon, text = linked("strength", "").partition(":")
    if not colon:
        return kind
    return text if kind == name else ""


def _note_level(name: str, key: str) -> None:
    note_in_link("strength", f"{name}:{widget_value(key)}")
