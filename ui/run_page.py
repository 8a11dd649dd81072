"""How every page about a run begins: its title, the run, or what to do where there is none."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from aecore.datasets.gone import is_gone
from aecore.errors import AecoreError
from aecore.runs import Run
from aecore.samples import NOUNS
from ui import resources
from ui.access import see, visitor
from ui.selection import RUN, current_run
from ui.sharing import view_only
from ui.words import NO_CODE, is_image, plain, spec_line


def open_page(title: str, promise: str, train: Path, *, of_the_code: bool = False) -> Run | None:
    """The run to show under this title; None where the page has said why there is none.

    promise: what one will see here, as a sentence; train: the page that trains runs and shows
    their training; of_the_code: whether there is nothing to show without a code.
    """
    st.title(title)
    run = current_run()
    if run is None:
        st.info(f"{promise} First choose a run.")
        st.page_link(train, label="Train one", icon=":material/model_training:")
        return None
    if not heading(run, train):
        return None
    if of_the_code and not run.spec.kind.has_code:
        st.info(NO_CODE)
        return None
    return run


def data_deleted(run: Run) -> None:
    """Say so, where the data set of a run was deleted."""
    if is_gone(run.spec.dataset):
        st.info(
            "The data set of this run was deleted, and every picture of its samples with it. The "
            "model, the curves and the figures are still here."
        )


def of_images(run: Run, what: str) -> bool:
    """Whether a run works on images; else the page says that this is for images alone.

    what: what the page does, as the beginning of a sentence.
    """
    if is_image(run.spec):
        return True
    st.info(
        f"{what} is for images, and this run works on {NOUNS[run.spec.make_source().kind][1]}: "
        "Reconstruct and Latent space show what it makes of them. Choose a run of images here."
    )
    return False


def lacking(run: Run) -> str:
    """Why there is nothing to show of a run yet, in one sentence; nothing where all is there."""
    try:
        resources.run_data(run)
        resources.run_model(run)
    except AecoreError as error:
        return str(error)
    return ""


def heading(run: Run, train: Path) -> bool:
    """What the run is, and whether there is anything to look at yet; else how to wait for it.

    train: the page that shows its training.
    """
    st.caption(spec_line(run.spec))
    view_only(see(visitor(), run.id))
    if not lacking(run):
        return True
    wait_for(run)
    st.page_link(
        train,
        label="Look at its training",
        icon=":material/model_training:",
        query_params={RUN: run.id},
    )
    return False


@st.fragment(run_every=2.0)
def wait_for(run: Run) -> None:
    """Say what a run lacks, and go on by itself as soon as it is there."""
    reason = lacking(run)
    if not reason:
        st.rerun()
    st.info(plain(reason))
