"""The form of the Train page: data, variant, network, corruption, and the rest on request."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from typing import get_args

import streamlit as st
from torch import Generator

from aecore.config import Knob, knobs
from aecore.corruptions import corruptions
from aecore.datasets import datasets
from aecore.errors import AecoreError, InputError
from aecore.models import Autoencoder, variants
from aecore.models.base import Family
from aecore.networks import networks
from aecore.runs import RunSpec
from aecore.runs.checks import Cost
from aecore.samples import NOUNS, to_float
from ui import resources
from ui.access import enter
from ui.calm import to_the_end
from ui.data_choice import offered as offered_data
from ui.figures import strip
from ui.fitting import columns_line, damage_knobs, fitting_loss, offered
from ui.form_link import drop_rate_changes, linked_spec
from ui.forms import choice_widget, in_words, knob_widget
from ui.image import image
from ui.selection import (
    leave_note,
    offer_start,
    select_last,
    select_run,
    start_taken,
    take_note,
    take_offer,
)
from ui.words import NO_CODE, duration, noun, plain, spec_line, worded

SHOWN = 8
BASIC_TRAINING = ("epochs", "seed")


def form(spec: RunSpec) -> None:
    """Every choice of a run. What is chosen lands in the link; nothing is started."""
    _data(spec)
    _variant(spec)
    _corruption(spec)
    _network(spec)
    basic = [k for k in knobs(type(spec.training)) if k.name in BASIC_TRAINING]
    _knobs(spec, "training", basic)
    with st.expander("Training, in detail"):
        rest = [k for k in knobs(type(spec.training)) if k.name not in BASIC_TRAINING]
        _knobs(spec, "training", rest)
        _knobs(spec, "splits", knobs(type(spec.splits)))


def _knobs(spec: RunSpec, part: str, declared: Iterable[Knob]) -> None:
    scope = f"{spec.variant}:{spec.network}:{spec.corruption}:{spec.dataset}"
    for knob in declared:
        knob_widget(in_words(spec, knob), getattr(getattr(spec, part), knob.name), scope)


def _data(spec: RunSpec) -> None:
    choice_widget(
        "dataset",
        "Data",
        offered_data(),
        spec.dataset,
        "What to learn from: your own data sets come first; the Data page takes them in.",
    )
    kind = datasets[spec.dataset]
    _knobs(spec, "source", knobs(kind.Config))
    ready = resources.data_ready(spec.dataset, spec.source)
    if ready:
        try:
            images, show = resources.sample(spec, SHOWN)
            what = NOUNS[kind.kind][1]
            image(strip(show(images), SHOWN), f"{len(images)} {what} of {kind.title}")
        except AecoreError as error:
            st.caption(plain(str(error)))
    if kind.kind != "image":
        st.caption(columns_line(spec))
    st.caption(f"{plain(kind.summary)} Licence: {plain(kind.licence)}.")
    if not ready:
        st.caption(":material/download: It will be downloaded when training starts.")


def _variant(spec: RunSpec) -> None:
    choice_widget(
        "variant",
        "Variant",
        offered(dict(sorted(variants.items(), key=_by_family)), spec, spec.variant),
        spec.variant,
        "Which kind of autoencoder: what its loss asks for beside a good copy.",
    )
    kind = variants[spec.variant]
    st.caption(f"{worded(spec, kind.idea)}  \n*{kind.paper}, {kind.year}.*")
    _knobs(spec, "model", [fitting_loss(spec, declared) for declared in knobs(kind.Config)])


def _by_family(entry: tuple[str, type[Autoencoder]]) -> tuple[int, int, str]:
    """Families as the field came to them, and within each the oldest first."""
    name, kind = entry
    return get_args(Family).index(kind.family), kind.year, name


def _corruption(spec: RunSpec) -> None:
    choice_widget(
        "corruption",
        "Corruption",
        offered(corruptions, spec, spec.corruption),
        spec.corruption,
        "Damage done to the input; the autoencoder must still give back the clean image.",
    )
    if spec.corruption == "none":
        return
    _knobs(spec, "noise", damage_knobs(spec, corruptions[spec.corruption]))
    with suppress(AecoreError):  # told beside the data already
        samples, show = resources.sample(spec, SHOWN)
        damaged = spec.make_corruption()(to_float(samples), Generator().manual_seed(0))
        image(strip(show(damaged), SHOWN), "The same as the encoder sees them")


def _network(spec: RunSpec) -> None:
    if not spec.kind.uses_network:
        st.caption("This variant brings its own layers, so there is no network to choose.")
        return
    choice_widget(
        "network",
        "Network",
        offered(networks, spec, spec.network),
        spec.network,
        "The layers of the encoder and the decoder.",
    )
    st.caption(worded(spec, networks[spec.network].idea))
    with st.expander("Network, in detail"):
        _knobs(spec, "layers", knobs(networks[spec.network].Config))


def start_panel(spec: RunSpec) -> None:
    """What the chosen settings cost, and Start; a reason where they cannot work."""
    st.subheader("Ready to train")
    st.markdown(spec_line(spec))
    if spec.learning_rate_changes:
        _changes(spec)
    note = take_note()
    if note:
        st.error(plain(note))
    try:
        cost = resources.cost(spec)
    except InputError as error:
        st.error(f"These settings cannot work. {plain(str(error))}")
        return
    figures = st.grid(3, min_column_width=150)
    figures.metric("Parameters", f"{cost.parameters:,}", help="Numbers that training changes.")
    code, told = _code(spec, cost)
    figures.metric("Code", code, help=told)
    figures.metric("Time", _time(spec, cost.steps), help=_TIME_HELP)
    pressed = st.button(
        "Start", type="primary", icon=":material/play_arrow:", on_click=_start, key="start",
        help="Train in a process of its own: closing this page does not stop it.",
    )  # fmt: skip
    if pressed and not start_taken():
        # The server was started again under an open page: Streamlit knew no callback to call.
        _start()
        st.rerun()
    offer_start()
    shown = ", reconstructions and the code map" if spec.kind.has_code else " and reconstructions"
    st.caption(
        f"The loss curves{shown} will appear here as soon as you press Start. The link in the "
        "address bar holds every choice: send it, and others see this form."
    )


def _code(spec: RunSpec, cost: Cost) -> tuple[str, str]:
    """The size of the code, and what it means."""
    if not spec.kind.has_code:
        return "none", NO_CODE
    one = noun(spec)
    ratio = cost.pixels / cost.code_size
    against = f"{ratio:.3g} times smaller" if ratio >= 1 else f"{1 / ratio:.3g} times larger"
    told = f"Numbers in the code of one {one}, of the numbers in the {one}: {against}."
    return f"{cost.code_size:,} of {cost.pixels:,}", told


def _changes(spec: RunSpec) -> None:
    """Learning rates that the form has no widget for: somebody set them while a run went on."""
    told = ", ".join(f"{value:g} after step {step}" for step, value in spec.learning_rate_changes)
    st.caption(f"The learning rate will change as it was changed by hand: {told}.")
    st.button("Without these changes", key="drop_changes", on_click=drop_rate_changes)


_TIME_HELP = (
    "Measured just now: a few steps of this very network on this machine, times the number of "
    "steps. Validation and other runs beside it add to that."
)


def _time(spec: RunSpec, steps: int) -> str:
    seconds = seconds_of(spec, steps)
    return "shown once it runs" if seconds is None else duration(seconds)


def seconds_of(spec: RunSpec, steps: int) -> float | None:
    """How long that many steps take, where it could be measured."""
    each = resources.step_seconds(spec)
    return None if each is None else each * steps


@to_the_end
def _start() -> None:
    """Queue a new run and make it the current one; once for a double click.

    What is trained is what the link says now. The button can be older than that: it is drawn last,
    and a quick choice ends the drawing before.
    """
    if not take_offer():
        select_last()
        return
    spec, _ = linked_spec()
    try:
        run = enter(spec, resources.cost(spec), seconds_of(spec, resources.cost(spec).steps))
    except AecoreError as error:
        leave_note(str(error))
    else:
        select_run(run)
