"""Ready-made experiments as links: a press fills the form, and starts nothing."""

from __future__ import annotations

import streamlit as st

from aecore.runs.experiments import EXPERIMENTS, REPOSITORY, Experiment
from ui.form_link import edit_spec
from ui.words import plain


def ready_made() -> None:
    """One line that unfolds: what each experiment does, what was published, a button to take it."""
    with st.expander("Ready-made experiments", icon=":material/science:"):
        st.caption("Settings of published examples. Taking one replaces what the form holds.")
        for experiment in EXPERIMENTS:
            _offer(experiment)


def _offer(experiment: Experiment) -> None:
    st.button(
        experiment.title,
        key=f"take_{experiment.name}",
        help="Fill the form with these settings; nothing starts.",
        on_click=edit_spec,
        args=(experiment.spec(),),
    )
    figure = f"{experiment.published:g} {experiment.unit}, {experiment.conditions}"
    st.caption(
        f"{plain(experiment.idea)}  \n[Published]({REPOSITORY}): {plain(figure)}.",
        help=f"From `{experiment.notebook}`. {plain(experiment.differences)}",
    )
