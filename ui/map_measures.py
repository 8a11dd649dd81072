"""How far the shown maps can be trusted: one table, and one sentence on which serves what."""

from __future__ import annotations

from collections.abc import Mapping
from statistics import mean, stdev

import streamlit as st

from aecore.errors import StoreError
from aecore.jobs.mapper import ensure_mapper
from aecore.maps.measures import MOST
from aecore.maps.shelf import Asked, Shelf, ticket_of
from aecore.metrics.descriptions import MEASURES
from aecore.paths import home
from aecore.runs import Run
from ui import resources
from ui.held_out import count_of
from ui.map_choice import Offer
from ui.selection import linked, remember, set_widget, widget_value
from ui.words import noun, numbers_word, plain, worded

SEEDS = 5
Scores = Mapping[str, float]


def over_seeds() -> bool:
    """Whether each map is to be drawn with several seeds; the link says so."""
    set_widget("latent:seeds", linked("seeds", "1") == str(SEEDS))
    st.toggle(
        f"Over {SEEDS} seeds",
        key="latent:seeds",
        help=f"Draws each map {SEEDS} times with other random numbers and other training samples, "
        "and tells the mean and the standard deviation: what differs by less is chance.",
        on_change=remember,
        args=("seeds", "latent:seeds", {True: str(SEEDS), False: "1"}),
    )
    return bool(widget_value("latent:seeds"))


@st.fragment(run_every=2.0)
def measures_table(run: Run, offers: list[Offer], *, repeated: bool) -> None:
    """How far each shown map can be trusted, once it is drawn."""
    found: dict[str, list[Scores]] = {}
    for offer in offers:
        scores = _scores(offer, repeated=repeated)
        if scores:
            found[plain(offer.title)] = scores
    names = [name for name in MEASURES if any(name in each[0] for each in found.values())]
    if not names:
        st.caption("Measures appear here as soon as a map is drawn.")
        return
    table = {"": list(found)} | {
        MEASURES[name].title: [_say(name, scores) for scores in found.values()] for name in names
    }
    st.table(table, hide_index=True)
    st.caption(_scope(run, offers, found, repeated=repeated))
    st.markdown(_verdict({title: _means(scores) for title, scores in found.items()}))
    with st.expander("What the figures say"):
        lines = (f"- **{MEASURES[n].title}**: {MEASURES[n].meaning}" for n in names)
        st.markdown(worded(run.spec, "\n".join(lines)))


def _scores(offer: Offer, *, repeated: bool) -> list[Scores]:
    """Measures of a map for each seed that is done; the others are asked for."""
    if offer.spec is None:
        return []
    shelf, loaded = Shelf(home()), resources.run_model(offer.run)
    first = offer.spec.config.map_seed
    done = []
    for seed in range(first, first + (SEEDS if repeated else 1)):
        spec = offer.spec.with_seed(seed)
        ticket = ticket_of(offer.run, loaded, spec)
        drawn = shelf.known(ticket)
        if drawn is not None and drawn.measures:
            done.append(drawn.measures)
        elif seed != first and shelf.standing(ticket).state == "absent":
            _ask(shelf, Asked(ticket, offer.run.id, spec))
    return done


def _ask(shelf: Shelf, asked: Asked) -> None:
    try:
        shelf.ask(asked)
        ensure_mapper(home())
    except StoreError as error:
        st.caption(plain(str(error)))


def _say(name: str, scores: list[Scores]) -> str:
    values = [each[name] for each in scores if name in each]
    if not values:
        return ""
    if len(values) == 1:
        return MEASURES[name].say(values[0])
    return f"{MEASURES[name].say(mean(values))} ± {stdev(values):.4f} (n = {len(values)})"


def _scope(
    run: Run, offers: list[Offer], found: Mapping[str, list[Scores]], *, repeated: bool
) -> str:
    count = min(MOST, count_of(run))
    seed = next(offer.spec.config.map_seed for offer in offers if offer.spec is not None)
    text = f"{count:,} test {noun(run.spec)}s, against their {numbers_word(run.spec)}; seed {seed}"
    if not repeated:
        return f"{text}."
    missing = sum(SEEDS - len(scores) for scores in found.values())
    waiting = f"; {missing} maps are still being drawn" if missing else ""
    return f"{text} to {seed + SEEDS - 1}, mean ± standard deviation{waiting}."


def _means(scores: list[Scores]) -> dict[str, float]:
    return {name: mean(each[name] for each in scores) for name in scores[0]}


def _verdict(found: Mapping[str, Scores]) -> str:
    """Which map serves which purpose here, in one sentence."""
    purposes = {
        "trustworthiness": "who is near whom",
        "continuity": "what belongs together",
        "knn_accuracy": "telling classes apart",
    }
    best = {}
    for name, purpose in purposes.items():
        scored = {title: s[name] for title, s in found.items() if name in s}
        if len(scored) > 1:
            best[purpose] = max(scored, key=scored.__getitem__)
    if not best:
        return ""
    parts = [f"for {purpose}, **{title}**" for purpose, title in best.items()]
    return "Of these maps, trust here: " + "; ".join(parts) + "."
