"""Latent space: maps of the same test images side by side, linked."""

from pathlib import Path

import streamlit as st

from aecore.models.variational import GaussianVariational
from aecore.runs import Run
from ui import resources
from ui.beside import choose_beside
from ui.components import Board, live_view, map_board
from ui.decoder_lab import decoder_lab
from ui.drives import drives_view
from ui.held_out import count_of
from ui.latent_parts import choose_colour, from_link, rows_of, selection_view, to_link
from ui.map_choice import Offer, choose_maps, offered, settings_menu
from ui.map_measures import measures_table, over_seeds
from ui.run_page import open_page
from ui.selection import linked, note_in_link
from ui.words import NO_CODE

TRAIN = Path(__file__).with_name("train.py")


def show(run: Run) -> None:
    """The maps, what is selected in them, and how far they can be trusted."""
    left, middle, right = st.columns([2, 1, 1])
    with middle:
        others = choose_beside(
            run, "the maps of their codes then stand among the maps.", with_code=True
        )
    offers = offered(run, others)
    with left:
        names = choose_maps(offers)
    with right:
        colour = choose_colour(run)
    settings_menu(run.spec)
    if not run.spec.kind.has_code:
        st.info(NO_CODE)
    shown = {name: offers[name] for name in names}
    explore(run, shown, colour)
    if run.spec.kind.has_code:
        st.subheader(
            "What drives a number of the code",
            help="What the test samples with much and with little of a number look like, what "
            "moves it, and how it differs between classes.",
        )
        drives_view(run)
    trust(run, list(shown.values()))
    st.subheader(
        "The time machine",
        help="Curves, reconstructions and the code as they were at each snapshot of the training; "
        "the map of the code over training moves along.",
    )
    live_view(run, compact=True)


@st.fragment  # a lasso draws this part anew, and leaves the rest of the page alone
def explore(run: Run, shown: dict[str, Offer], colour: str) -> None:
    """The linked maps, and what follows from what is selected in them."""
    board = maps(run, shown, colour)
    rows = rows_of(board.selection, count_of(run))
    with st.container():  # its place stays where nothing is selected: what follows is not remade
        if len(rows):
            selection_view(run, rows)
    if run.spec.kind.has_code:
        decoder_lab(run, rows, board.place)


def maps(run: Run, shown: dict[str, Offer], colour: str) -> Board:
    """The linked maps; what a person does to them goes into the link."""
    kind = run.spec.kind
    look = {
        "colour": colour,
        "selection": from_link(linked("chosen", ""), count_of(run)),
        "view": linked("view", ""),
        "decodes": kind.has_code,
        "spreads": issubclass(kind, GaussianVariational),
    }
    panels = [offer.panel(name) for name, offer in shown.items()]
    board = map_board(run, panels, look, resources.run_model(run).step)
    note_in_link("chosen", to_link(board.selection))
    note_in_link("view", board.view)
    return board


def trust(run: Run, offers: list[Offer]) -> None:
    """How far the maps can be trusted."""
    if not any(offer.spec for offer in offers):
        return
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.subheader("How far to trust these maps", help="The same measures for each map.")
        repeated = over_seeds()
    measures_table(run, offers, repeated=repeated)


run = open_page("Latent space", "Here you will see the codes of test samples as maps.", TRAIN)
if run is not None:
    show(run)
