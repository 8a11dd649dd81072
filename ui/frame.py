"""The frame around every page: title, navigation, the current run, the machine."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Literal

import psutil
import streamlit as st
import torch

from aecore.catalog.rows import RunRow
from ui.access import counts, follow_login, supervisor, visitor
from ui.recent import recent
from ui.resources import first_visit
from ui.selection import (
    bad_link,
    current_run,
    new_tab,
    note_drawn,
    pick_run,
    set_widget,
    settle_link,
)
from ui.sharing import let_in
from ui.space import ask_for_login, ask_to_enter, space_menu
from ui.words import run_name

PAGES = Path(__file__).parents[1] / "pages"
RECENT = 30
"""Runs that the list at the left offers."""


def pages() -> dict[str, list[st.Page]]:
    """The table of contents."""
    page = st.Page
    # Whoever knows the administrator's token finds the page at /admin.
    shown: Literal["visible", "hidden"] = "visible" if visitor().role == "admin" else "hidden"
    admin = page(
        PAGES / "admin.py", title="Admin", icon=":material/shield_person:", visibility=shown
    )
    return {
        "Learn": [page(PAGES / "home.py", title="Home", icon=":material/home:", default=True)],
        "Make": [
            page(PAGES / "data.py", title="Data", icon=":material/database:"),
            page(PAGES / "train.py", title="Train", icon=":material/model_training:"),
            page(PAGES / "queue.py", title="Queue", icon=":material/hourglass_empty:"),
        ],
        "Look": [
            page(PAGES / "latent.py", title="Latent space", icon=":material/scatter_plot:"),
            page(PAGES / "reconstruct.py", title="Reconstruct", icon=":material/compare:"),
            page(PAGES / "compare.py", title="Compare", icon=":material/view_column:"),
            page(PAGES / "features.py", title="Features", icon=":material/grain:"),
            page(PAGES / "runs.py", title="Runs", icon=":material/menu_book:"),
        ],
        "Use": [
            page(PAGES / "denoise.py", title="Restore", icon=":material/blur_on:"),
            page(PAGES / "detect.py", title="Find anomalies", icon=":material/search:"),
            page(PAGES / "compress.py", title="Compress", icon=":material/compress:"),
        ],
        "Machine": [admin],
    }


def run_picker(listed: list[RunRow]) -> None:
    """The current run, and the choice of another."""
    titles = {row.id: run_name(row) for row in listed}
    chosen = current_run()
    if chosen is not None:
        titles.setdefault(chosen.id, f"{chosen.spec.variant} · {chosen.id[-4:]}")
    if not titles:
        return
    set_widget("picked", chosen.id if chosen else None)
    st.sidebar.selectbox(
        "Current run",
        list(titles),
        format_func=titles.__getitem__,
        key="picked",
        placeholder="Choose a run",
        on_change=lambda: pick_run("picked"),
        help=f"The run that all pages show. The last {RECENT} are listed, newest first.",
    )


@st.fragment(run_every=5.0)
def machine_line() -> None:
    """What computes here, and how many runs are at it."""
    training, waiting = counts()
    card = torch.cuda.get_device_name() if torch.cuda.is_available() else ""
    cores = psutil.cpu_count(logical=True) or os.cpu_count()
    what = card or f"Processor, {cores} cores"
    waits = f", {waiting} waiting" if waiting else ""
    st.caption(f"{what} · {training} {'run' if training == 1 else 'runs'} training{waits}")
    told = supervisor()
    if told is not None and told.notice:
        st.warning(told.notice)


st.set_page_config(
    page_title="Autoencoder Lab",
    page_icon=str(Path(__file__).parent / "icon.png"),
    layout="wide",
    initial_sidebar_state=230,
)
page = st.navigation(pages(), expanded=True)
settle_link()
if new_tab():
    follow_login()
ask_for_login()
ask_to_enter()
known = let_in()
first_visit()
listed = recent(RECENT)
run_picker(listed)
with st.sidebar:
    space_menu()
    machine_line()
if bad_link() or not known:
    st.warning(
        "The link names a run that is not here, or not yours to see. "
        "Choose one of your runs at the left, or train a new one."
    )
page.run()
note_drawn()
