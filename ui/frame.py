"""The frame around every page: title, navigation, the current run, the machine."""

from __future__ import annotations

import os
from itertools import islice
from pathlib import Path

import psutil
import streamlit as st
import torch

from aecore.runs import RunStore, read_status
from ui.resources import first_visit
from ui.selection import current_run, select_run
from ui.words import run_name

PAGES = Path(__file__).parents[1] / "pages"
RECENT = 30
"""Runs that the list at the left offers."""


def pages() -> dict[str, list[st.Page]]:
    """The table of contents."""
    page = st.Page
    return {
        "Learn": [page(PAGES / "home.py", title="Home", icon=":material/home:", default=True)],
        "Make": [page(PAGES / "train.py", title="Train", icon=":material/model_training:")],
        "Look": [page(PAGES / "reconstruct.py", title="Reconstruct", icon=":material/compare:")],
    }


def run_picker() -> None:
    """The current run, and the choice of another."""
    runs = {run.id: run for run in islice(RunStore(), RECENT)}
    chosen = current_run()
    if chosen is not None:
        runs.setdefault(chosen.id, chosen)
    if not runs:
        return
    st.session_state["picked"] = chosen.id if chosen else None
    st.sidebar.selectbox(
        "Current run",
        list(runs),
        format_func=lambda run_id: run_name(runs[run_id]),
        key="picked",
        placeholder="Choose a run",
        on_change=lambda: select_run(RunStore()[st.session_state["picked"]]),
        help=f"The run that all pages show. The last {RECENT} are listed, newest first.",
    )


def machine_line() -> None:
    """What computes here, and how many runs are at it."""
    live = sum(read_status(run).live for run in islice(RunStore(), RECENT))
    card = torch.cuda.get_device_name() if torch.cuda.is_available() else ""
    cores = psutil.cpu_count(logical=True) or os.cpu_count()
    what = card or f"Processor, {cores} cores"
    st.sidebar.caption(f"{what} · {live} {'run' if live == 1 else 'runs'} training")


st.set_page_config(
    page_title="Autoencoder Lab",
    page_icon=str(Path(__file__).parent / "icon.png"),
    layout="wide",
    initial_sidebar_state=230,
)
page = st.navigation(pages(), expanded=True)
first_visit()
run_picker()
machine_line()
page.run()
