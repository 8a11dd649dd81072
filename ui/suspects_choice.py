"""What counts as odd on the page that finds anomalies, and what to do where nothing can."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from aecore.reports.suspects import LEFT_OUT, comparable
from aecore.runs import Run
from ui.data_choice import is_own, offered
from ui.linked import choice
from ui.selection import linked
from ui.words import is_image, noun, plain

NAME = "suspects"
UNKNOWN = (
    "The link names a data set as what is odd that is not here, or not yours to see, or does not "
    "fit this run. Choose below what is odd."
)


def choose_suspects(run: Run) -> str:
    """What counts as odd: the class that the run never saw, or a data set that is at hand."""
    name = run.spec.splits.left_out(run.spec.make_source().classes)
    unseen = f"Class {name}, which this run never saw" if name else "A class this run never saw"
    titles = {LEFT_OUT: unseen, **_others(run)}
    if linked(NAME, LEFT_OUT) not in titles:
        st.warning(UNKNOWN)
    fits = (
        "Another data set of images is made to fit: resized, and turned grey or into three "
        "channels where the run asks for that."
        if is_image(run.spec)
        else "Another data set can be chosen where it has the same columns; its numbers are "
        "brought to the scale of this run's training split."
    )
    return choice(
        NAME,
        "What is odd",
        titles,
        LEFT_OUT,
        f"What is to be found among the normal test {noun(run.spec)}s. {fits}",
    )


def _others(run: Run) -> dict[str, str]:
    """The data sets that the visitor may see, that fit the run and need no download, by name."""
    mine, found = run.spec.make_source(), {}
    for name, kind in offered().items():
        source = kind(kind.Config())
        if name != run.spec.dataset and comparable(mine, source) and source.ready():
            whose = "your own, its test" if is_own(name) else "its test"
            found[name] = f"{kind.title}, {whose} {noun(run.spec)}s"
    return found


def nothing_left_out(run: Run, train: Path) -> None:
    """Say that the run has seen every class, and what to do."""
    source = run.spec.make_source()
    st.info(
        "This run has seen every class. Train one with a class left out, or choose another data "
        "set as what is odd."
        if _others(run)
        else "This run has seen every class. Train one with a class left out."
    )
    if len(source.classes) > 1:
        st.page_link(
            train,
            label=f"Train the same without class {plain(source.classes[-1])}",
            icon=":material/model_training:",
            query_params={**run.spec.to_flat(), "leave_out": str(len(source.classes) - 1)},
        )
